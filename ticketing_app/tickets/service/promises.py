"""How tickets are delivered: the promise of a listing, with the files behind it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import promises as repository
from ticketing_app.tickets.repository import tickets
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise, DeliveryRead, TicketPromise
from ticketing_app.tickets.schemas.tickets import TicketUpdate

COLUMNS = (
    "delivery_method",
    "issuer",
    "ready_on",
    "sellable_until",
    "vault_file_id",
    "code_count",
    "is_sealed",
)
TOO_SOON = "The event starts too soon for this way of delivery. A file, if you have one, can be sold until the start."
READY_TOO_LATE = "The ticket has to be ready before the event."
ONE_FILE_EACH = "Give one file for each ticket."


class Listed(Protocol):
    """What a promise depends on."""

    @property
    def delivery(self) -> DeliveryPromise | None: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def timezone(self) -> str | None: ...


class Promised(NamedTuple):
    delivery: DeliveryPromise | None
    starts_at: datetime | None
    timezone: str | None


class FileListedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket is for sale again. Withdraw the listing before you open it."


async def promise_columns(
    session: AsyncSession,  # noqa: ARG001  # for the claim of files.
    *,
    seller_id: UUID,  # noqa: ARG001  # as above.
    listed: Listed,
    count: int,
) -> list[dict[str, Any]]:
    """Claim the promised files; return the columns of the promise for each of `count` tickets.

    Raises:
        InvalidInputError: the promise does not fit the event or the number of tickets.
    """
    promise = listed.delivery
    if promise is None:
        return [dict.fromkeys(COLUMNS)] * count
    if problem := _problem(promise, listed, count):
        raise InvalidInputError([problem])
    columns = {
        "delivery_method": promise.method,
        "issuer": promise.issuer,
        "ready_on": promise.ready_on,
        "sellable_until": rules.sellable_until(promise.method, listed.starts_at),
    }
    return [dict.fromkeys(COLUMNS) | columns] * count


async def change(session: AsyncSession, row: Ticket, ticket: TicketUpdate) -> dict[str, Any]:
    """Return the changed columns of the promise of a ticket; errors as `promise_columns`."""
    if "delivery" not in ticket.model_fields_set:
        return {"sellable_until": rules.sellable_until(_method(row), ticket.starts_at)}
    (columns,) = await promise_columns(session, seller_id=row.seller_id, listed=ticket, count=1)
    return columns


async def change_all(
    session: AsyncSession, rows: Sequence[Ticket], promise: DeliveryPromise | None
) -> None:
    """Replace the promise of these tickets of one listing; errors as `promise_columns`."""
    first = rows[0]
    listed = Promised(promise, first.starts_at, first.timezone)
    columns = await promise_columns(
        session, seller_id=first.seller_id, listed=listed, count=len(rows)
    )
    for row, values in zip(rows, columns, strict=True):
        for name, value in values.items():
            setattr(row, name, value)


def follow_start(row: Ticket) -> None:
    """Judge the last moment of the sale by the start of the event, which changed."""
    row.sellable_until = rules.sellable_until(_method(row), row.starts_at)


def _problem(promise: DeliveryPromise, listed: Listed, count: int) -> tuple[str, str] | None:
    if promise.method in {DeliveryMethod.FILE, DeliveryMethod.LINK, DeliveryMethod.REISSUE}:
        return "delivery", "Tickets cannot be sold with a file yet."
    if promise.file_ids and len(promise.file_ids) != count:
        return "delivery.fileIds", ONE_FILE_EACH
    until = rules.sellable_until(promise.method, listed.starts_at)
    if rules.is_too_late(until, utc_now()):
        return "delivery", TOO_SOON
    day = rules.local_day(listed.starts_at, listed.timezone)
    if promise.ready_on and day and promise.ready_on > day:
        return "delivery.readyOn", READY_TOO_LATE
    return None


async def list_promises(
    session: AsyncSession, *, ticket_ids: Collection[UUID]
) -> dict[UUID, TicketPromise]:
    """Return the promises of these tickets, by ticket."""
    rows = await tickets.list_by_ids(session, ticket_ids)
    return {
        row.id: TicketPromise(
            ticket_id=row.id,
            method=_method(row),
            issuer=row.issuer,
            ready_on=row.ready_on,
            file_id=row.vault_file_id,
            starts_at=row.starts_at,
            timezone=row.timezone,
        )
        for row in rows
    }


async def require_unlisted(session: AsyncSession, *, file_ids: Collection[UUID]) -> None:
    """Raises FileListedError: a listing that is not sold promises one of these files unopened."""
    if await repository.list_offered(session, file_ids):
        raise FileListedError


def to_read(rows: Sequence[Ticket], viewer_id: UUID | None) -> DeliveryRead | None:
    """Return the promise that these tickets of one listing share; None if the seller sends them unchecked."""
    first = rows[0]
    method = _method(first)
    if method is None:
        return None
    files = [row.vault_file_id for row in rows if row.vault_file_id]
    return DeliveryRead(
        method=method,
        issuer=first.issuer,
        ready_on=first.ready_on,
        sellable_until=first.sellable_until,
        code_count=min(row.code_count or 0 for row in rows) if files else None,
        is_sealed=all(row.is_sealed for row in rows),
        file_ids=files if viewer_id == first.seller_id else [],
    )


def _method(row: Ticket) -> DeliveryMethod | None:
    return DeliveryMethod(row.delivery_method) if row.delivery_method else None
