"""How tickets are delivered: the promise of a listing, with the files behind it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import promises as repository
from ticketing_app.tickets.repository.tickets import list_by_ids
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise, DeliveryRead, TicketPromise
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingUpdate
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketUpdate
from ticketing_app.vault.rules import LINK_KIND
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import claims, links, reading
from ticketing_app.vault.service.claims import KnownTicketError, UnknownFileError

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
ON_SALE = "You have this ticket on sale already."
ONE_LINK = "A link holds one ticket. List each one by itself."
ONE_FILE_EACH = "Give one file for each ticket."


class Listed(Protocol):
    """A ticket or a listing with its promise."""

    @property
    def delivery(self) -> DeliveryPromise | None: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def timezone(self) -> str | None: ...


Sold = TypeVar("Sold", TicketCreate, TicketUpdate, ListingCreate, ListingUpdate)


class Promised(NamedTuple):
    delivery: DeliveryPromise | None
    starts_at: datetime | None
    timezone: str | None


async def keep_link(transaction: Transaction, *, seller_id: UUID, listed: Sold) -> Sold:
    """Keep the link of the promise as a file, before the ticket is listed.

    Raises:
        InvalidInputError: it is no link that holds a ticket.
        TooManyRequestsError: too many uploads in the last hour.
    """
    promise = listed.delivery
    if promise is None or promise.link is None:
        return listed
    await limits.check("uploads", account=seller_id)
    file_id = await links.take(transaction, owner_id=seller_id, link=promise.link)
    kept = DeliveryPromise.kept(promise.method, [file_id])
    return listed.model_copy(update={"delivery": kept})


async def promise_columns(
    session: AsyncSession,
    *,
    seller_id: UUID,
    listed: Listed,
    count: int,
    tickets: Sequence[Ticket] = (),
) -> list[dict[str, Any]]:
    """Claim the promised files; return the columns of the promise for each of `count` tickets.

    `tickets` are those that have a promise already, which this one replaces.

    Raises:
        InvalidInputError: the promise does not fit the event or the number of tickets.
        UnknownFileError: a file is not the seller's.
        KnownTicketError: the same ticket is for sale already, or was sold.
    """
    promise = listed.delivery
    if promise is None:
        await release(session, tickets)
        return [dict.fromkeys(COLUMNS)] * count
    if problem := _problem(promise, listed, count):
        raise InvalidInputError([problem])
    files = await _claim(session, seller_id, listed, tickets)
    shared = dict.fromkeys(COLUMNS) | {
        "delivery_method": promise.method,
        "issuer": promise.issuer,
        "ready_on": promise.ready_on,
        "sellable_until": rules.sellable_until(promise.method, listed.starts_at),
    }
    return [shared | _file_columns(file) for file in files] or [shared] * count


async def _claim(
    session: AsyncSession, seller_id: UUID, listed: Listed, tickets: Sequence[Ticket]
) -> list[FileRead]:
    """Claim the files of the promise, and free those that it replaces."""
    promise = listed.delivery
    file_ids = promise.file_ids if promise else []
    await release(session, tickets, kept=file_ids)
    if not file_ids:
        return []
    day = rules.local_day(listed.starts_at, listed.timezone)
    await claims.claim(session, seller_id=seller_id, file_ids=file_ids, event_day=day)
    own = {ticket.id for ticket in tickets}
    for other in await repository.list_offered(session, file_ids):
        if other.id not in own:
            raise KnownTicketError(ON_SALE, known_file_id=other.vault_file_id)
    found = await reading.describe(session, file_ids=file_ids)
    is_link = promise is not None and promise.method is DeliveryMethod.LINK
    if any((file.kind == LINK_KIND) is not is_link for file in found.values()):
        raise UnknownFileError
    return [found[file_id] for file_id in file_ids]


def _file_columns(file: FileRead) -> dict[str, Any]:
    return {
        "vault_file_id": file.id,
        "code_count": file.code_count,
        "is_sealed": file.has_moved and file.opened_at is None,
    }


async def release(
    session: AsyncSession, tickets: Sequence[Ticket], kept: Collection[UUID] = ()
) -> None:
    """Free the files of tickets that are no longer for sale, except those that are `kept`."""
    ids = [row.vault_file_id for row in tickets if row.vault_file_id]
    if freed := [file_id for file_id in ids if file_id not in kept]:
        await claims.release(session, file_ids=freed)


async def promise_again(
    session: AsyncSession, *, seller_id: UUID, previous_ids: Sequence[UUID]
) -> DeliveryPromise | None:
    """Return the promise of tickets that the seller bought here, if they own the file of each."""
    if not previous_ids:
        return None
    before = await list_promises(session, ticket_ids=previous_ids)
    promises = [before[ticket_id] for ticket_id in previous_ids]
    file_ids = [promise.file_id for promise in promises if promise.file_id]
    if not file_ids or len(file_ids) < len(promises):
        return None
    files = await reading.describe(session, file_ids=file_ids)
    if not all(_is_owned(files.get(file_id), seller_id) for file_id in file_ids):
        return None
    is_link = promises[0].method is DeliveryMethod.LINK
    method = DeliveryMethod.LINK if is_link else DeliveryMethod.FILE
    return DeliveryPromise.kept(method, file_ids)


def _is_owned(file: FileRead | None, owner_id: UUID) -> bool:
    return file is not None and file.owner_id == owner_id and not file.is_erased


async def change(session: AsyncSession, row: Ticket, ticket: TicketUpdate) -> dict[str, Any]:
    """Return the changed columns of the promise of a ticket; errors as `promise_columns`."""
    if "delivery" not in ticket.model_fields_set:
        return {"sellable_until": rules.sellable_until(_method(row), ticket.starts_at)}
    (columns,) = await promise_columns(
        session, seller_id=row.seller_id, listed=ticket, count=1, tickets=[row]
    )
    return columns


async def change_all(
    session: AsyncSession, rows: Sequence[Ticket], promise: DeliveryPromise | None
) -> None:
    """Replace the promise of these tickets of one listing; errors as `promise_columns`."""
    first = rows[0]
    listed = Promised(promise, first.starts_at, first.timezone)
    columns = await promise_columns(
        session, seller_id=first.seller_id, listed=listed, count=len(rows), tickets=rows
    )
    # Two tickets may exchange their files, of which each is offered once.
    for row in rows:
        row.vault_file_id = None
    await session.flush()
    for row, values in zip(rows, columns, strict=True):
        for name, value in values.items():
            setattr(row, name, value)


def follow_start(row: Ticket) -> None:
    """Judge the last moment of the sale by the start of the event, which changed."""
    row.sellable_until = rules.sellable_until(_method(row), row.starts_at)


def _problem(promise: DeliveryPromise, listed: Listed, count: int) -> tuple[str, str] | None:
    if promise.method is DeliveryMethod.LINK and count > 1:
        return "delivery.link", ONE_LINK
    if promise.file_ids and len(promise.file_ids) != count:
        return "delivery.fileIds", ONE_FILE_EACH
    until = rules.sellable_until(promise.method, listed.starts_at)
    if rules.is_too_late(until, utc_now()):
        return "delivery", TOO_SOON
    day = rules.local_day(listed.starts_at, listed.timezone)
    if promise.ready_on and day and promise.ready_on > day:
        return "delivery.readyOn", READY_TOO_LATE
    return None


async def attach_files(
    session: AsyncSession, *, seller_id: UUID, files: Mapping[UUID, UUID]
) -> None:
    """Claim a file for each of these sold tickets, by ticket; errors as `promise_columns`."""
    rows = {row.id: row for row in await list_by_ids(session, list(files))}
    first = next(iter(rows.values()))
    promise = DeliveryPromise(method=DeliveryMethod.FILE, file_ids=list(files.values()))
    listed = Promised(promise, first.starts_at, first.timezone)
    claimed = await _claim(session, seller_id, listed, ())
    for ticket_id, file in zip(files, claimed, strict=True):
        for name, value in _file_columns(file).items():
            setattr(rows[ticket_id], name, value)


async def list_promises(
    session: AsyncSession, *, ticket_ids: Collection[UUID]
) -> dict[UUID, TicketPromise]:
    """Return the promises of these tickets, by ticket."""
    rows = await list_by_ids(session, ticket_ids)
    return {
        row.id: TicketPromise(
            ticket_id=row.id,
            seller_id=row.seller_id,
            method=_method(row),
            issuer=row.issuer,
            ready_on=row.ready_on,
            file_id=row.vault_file_id,
            starts_at=row.starts_at,
            timezone=row.timezone,
        )
        for row in rows
    }


async def find_offered(session: AsyncSession, *, file_id: UUID) -> UUID | None:
    """Return the unsold ticket with this file."""
    found = await repository.list_offered(session, [file_id])
    return found[0].id if found else None


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
        starts_at=first.starts_at,
        timezone=first.timezone,
    )


def _method(row: Ticket) -> DeliveryMethod | None:
    return DeliveryMethod(row.delivery_method) if row.delivery_method else None
