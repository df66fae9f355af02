"""SQL of tickets. Whether a lease runs is always asked of the database clock."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal,
    literal_column,
    or_,
    tuple_,
    union,
    update,
)
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.money import MAXIMUM_CENTS
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas import TicketFilter, TicketSort

NEVER = "infinity"
# asyncpg writes and reads PostgreSQL's infinity as this datetime, which has no zone.
NEVER_AT = datetime.max  # noqa: DTZ901  # as said above.
# A listing without a date sorts behind all that have one.
_STARTS_AT = func.coalesce(col(Ticket.starts_at), literal_column("'infinity'::timestamptz"))


class TicketRow(NamedTuple):
    """A ticket, and whether its lease runs at this moment of the database clock."""

    ticket: Ticket
    is_locked: bool


class InvalidCursorError(ValueError):
    """The cursor was not made by this list."""


def _is_locked() -> ColumnElement[bool]:
    # clock_timestamp() and not now(): a transaction may have waited for the row before it reads.
    return func.coalesce(col(Ticket.locked_until) > func.clock_timestamp(), False)  # SQL's false.


def has_end(locked_until: datetime | None) -> bool:
    """Whether this is a lease that will lapse by itself."""
    return locked_until is not None and locked_until != NEVER_AT


def add(session: AsyncSession, ticket: Ticket) -> None:
    """Add a new listing."""
    session.add(ticket)


async def get_ticket(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    """Return the ticket."""
    row = (
        await session.exec(select(Ticket, _is_locked()).where(Ticket.id == ticket_id))
    ).one_or_none()
    return TicketRow(*row) if row else None


async def get_ticket_for_update(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    """Lock the row, then return it as it is once the lock is had."""
    locked = await session.exec(
        select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True)
    )
    return await get_ticket(session, ticket_id) if locked.one_or_none() else None


async def list_for_sale(session: AsyncSession, wanted: TicketFilter) -> list[TicketRow]:
    """Return up to `limit` + 1 rows behind the cursor: one more tells that there is a next page.

    Raises:
        InvalidCursorError: the cursor is not ours.
    """
    query = select(Ticket, _is_locked()).where(
        Ticket.status == TicketStatus.FOR_SALE, *_conditions(wanted)
    )
    match wanted.sort:
        case TicketSort.NEWEST:
            query = query.order_by(col(Ticket.id).desc())
        case TicketSort.CHEAPEST:
            query = query.order_by(col(Ticket.price_cents), col(Ticket.id))
        case TicketSort.SOONEST:
            query = query.order_by(_STARTS_AT, col(Ticket.id))
    return [TicketRow(*row) for row in (await session.exec(query.limit(wanted.limit + 1))).all()]


async def list_similar(session: AsyncSession, ticket: Ticket, limit: int) -> list[TicketRow]:
    """Return up to `limit` others that are free and lie ahead, the soonest first."""
    # Each half walks its own index in order and stops at the limit; with OR neither could be walked.
    halves = [
        select(Ticket.id)
        .where(
            Ticket.status == TicketStatus.FOR_SALE,
            Ticket.id != ticket.id,
            ~_is_locked(),
            func.now() < _STARTS_AT,
            *alike,
        )
        .order_by(_STARTS_AT, col(Ticket.id))
        .limit(limit)
        for alike in _likenesses(ticket)
    ]
    query = (
        select(Ticket, _is_locked())
        .where(col(Ticket.id).in_(union(*halves)))
        .order_by(_STARTS_AT, col(Ticket.id))
        .limit(limit)
    )
    return [TicketRow(*row) for row in (await session.exec(query)).all()]


def _likenesses(ticket: Ticket) -> list[list[ColumnElement[bool]]]:
    same_title = [func.lower(col(Ticket.title)) == func.lower(ticket.title)]
    if ticket.category is None or ticket.city is None:
        return [same_title]
    same_kind = [
        col(Ticket.category) == ticket.category,
        func.lower(col(Ticket.city)) == func.lower(ticket.city),
    ]
    return [same_title, same_kind]


def _conditions(wanted: TicketFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in wanted.q.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(
            or_(*(col(field).ilike(pattern) for field in (Ticket.title, Ticket.venue, Ticket.city)))
        )
    if wanted.category:
        conditions.append(col(Ticket.category) == wanted.category)
    if wanted.city:
        conditions.append(func.lower(col(Ticket.city)) == wanted.city.lower())
    if wanted.available_only:
        conditions.append(~_is_locked())
    if wanted.cursor:
        conditions.append(_behind(wanted.sort, wanted.cursor))
    return conditions


def make_cursor(sort: TicketSort, last: Ticket) -> str:
    """Return what the next page starts behind."""
    starts_at = last.starts_at.isoformat() if last.starts_at else NEVER
    key: list[Any] = {
        TicketSort.NEWEST: [],
        TicketSort.CHEAPEST: [last.price_cents],
        TicketSort.SOONEST: [starts_at],
    }[sort]
    return (
        base64.urlsafe_b64encode(json.dumps([sort, *key, str(last.id)]).encode())
        .decode()
        .rstrip("=")
    )


def _behind(sort: TicketSort, cursor: str) -> ColumnElement[bool]:
    try:
        made_for, *key, last = json.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        last_id = UUID(last)
        if made_for != sort:
            raise InvalidCursorError
        match sort, key:
            case TicketSort.NEWEST, []:
                return col(Ticket.id) < last_id
            case TicketSort.CHEAPEST, [int(price)] if 0 <= price <= MAXIMUM_CENTS:
                return tuple_(col(Ticket.price_cents), col(Ticket.id)) > tuple_(
                    literal(price), literal(last_id)
                )
            case TicketSort.SOONEST, ["infinity"]:
                return and_(col(Ticket.starts_at).is_(None), col(Ticket.id) > last_id)
            case TicketSort.SOONEST, [str(starts)]:
                return tuple_(_STARTS_AT, col(Ticket.id)) > tuple_(
                    literal(datetime.fromisoformat(starts)), literal(last_id)
                )
            case _:
                raise InvalidCursorError
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise InvalidCursorError from None


async def change_running_lease(
    session: AsyncSession, ticket_id: UUID, order_id: UUID, changes: dict[str, object]
) -> Ticket | None:
    """As `change_lease`, and nothing either when the lease is over on the database clock."""
    is_running = col(Ticket.locked_until) > func.clock_timestamp()
    return await change_lease(session, ticket_id, order_id, changes, is_running)


async def change_lease(
    session: AsyncSession,
    ticket_id: UUID,
    order_id: UUID,
    changes: dict[str, object],
    *conditions: ColumnElement[bool],
) -> Ticket | None:
    """Change the lease of this order's own ticket; nothing when the ticket is another order's."""
    statement = (
        update(Ticket)
        .where(
            col(Ticket.id) == ticket_id,
            col(Ticket.order_id) == order_id,
            col(Ticket.status) != TicketStatus.SOLD,
            *conditions,
        )
        .values(version=col(Ticket.version) + 1, **changes)
        .returning(Ticket)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).scalar_one_or_none()


async def list_lapsed_for_update(session: AsyncSession, limit: int) -> list[Ticket]:
    """Lock and return up to `limit` tickets whose lease is over; rows that others hold are skipped."""
    # now() is right for the first statement of a transaction, and unlike clock_timestamp() it can use
    # the index. Withdrawn tickets are included: a seller may withdraw before the order is closed.
    query = (
        select(Ticket)
        .where(Ticket.status != TicketStatus.SOLD, col(Ticket.locked_until) <= func.now())
        .order_by(col(Ticket.locked_until))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list((await session.exec(query)).all())
