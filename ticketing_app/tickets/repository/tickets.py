"""SQL of one ticket and its lease. Leases are compared with the database clock only."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Row,
    RowMapping,
    Uuid,
    bindparam,
    case,
    func,
    text,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.core.db import utc_datetime
from ticketing_app.tickets.models import TICKETS, Ticket
from ticketing_app.tickets.rules import UNSOLD, TicketStatus

# asyncpg represents PostgreSQL's infinity as this naive datetime.
NEVER_AT = datetime.max  # noqa: DTZ901  # as above.

_sibling: Any = aliased(Ticket)

# clock_timestamp() and not now(): a transaction may have waited for the row before it reads or writes.
NOW = func.clock_timestamp()


class TicketRow(NamedTuple):
    """`available` and `quantity` count the tickets of its listing; None without one."""

    ticket: Ticket
    is_locked: bool
    available: int | None = None
    quantity: int | None = None


def is_locked(ticket: FromClause = TICKETS) -> ColumnElement[bool]:
    return func.coalesce(ticket.c.locked_until > NOW, False)  # SQL's false.


def comes_in_time(ticket: FromClause = TICKETS) -> ColumnElement[bool]:
    """Whether a ticket that is bought now can still be delivered before the event."""
    return func.coalesce(ticket.c.sellable_until > func.now(), True)  # SQL's true.


# Building them takes as long as reading a row.
@cache
def ticket_row() -> Any:  # noqa: ANN401  # the columns of a TicketRow, for `select`.
    return Ticket, is_locked(), count_available(), count_unsold()


def count_available(ticket: FromClause = TICKETS) -> ColumnElement[int | None]:
    """Count the tickets of the listing that can be bought now."""
    is_free = func.coalesce(_sibling.locked_until <= NOW, True)  # SQL's true.
    return _count_siblings(ticket, _sibling.status == TicketStatus.FOR_SALE, is_free)


def count_unsold() -> ColumnElement[int | None]:
    """Count the tickets of the listing that are for sale or paused."""
    return _count_siblings(TICKETS, _sibling.status.in_(UNSOLD))


def _count_siblings(
    ticket: FromClause, *conditions: ColumnElement[bool]
) -> ColumnElement[int | None]:
    listing_id = ticket.c.listing_id
    count = select(func.count()).where(_sibling.listing_id == listing_id, *conditions)
    siblings = count.select_from(_sibling).correlate(ticket).scalar_subquery()
    return case((listing_id.is_not(None), siblings))


def has_end(locked_until: datetime | None) -> bool:
    return locked_until is not None and locked_until != NEVER_AT


def add(session: AsyncSession, ticket: Ticket) -> None:
    session.add(ticket)


async def get_ticket(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    row = (await session.exec(_by_id(ticket_id))).one_or_none()
    return TicketRow(*row) if row else None


async def list_rows(session: AsyncSession, ticket_ids: Collection[UUID]) -> list[TicketRow]:
    rows = await session.exec(select(Ticket, is_locked()).where(col(Ticket.id).in_(ticket_ids)))
    return [TicketRow(*row) for row in rows.all()]


def _by_id(ticket_id: UUID) -> Select[Ticket, bool, int | None, int | None]:
    return select(*ticket_row()).where(Ticket.id == ticket_id)


async def list_by_ids(session: AsyncSession, ticket_ids: Collection[UUID]) -> list[Ticket]:
    return list((await session.exec(select(Ticket).where(col(Ticket.id).in_(ticket_ids)))).all())


async def list_by_listing(session: AsyncSession, listing_id: UUID) -> list[TicketRow]:
    """Return all tickets of a listing in the order of their seats."""
    query = select(Ticket, is_locked()).where(Ticket.listing_id == listing_id)
    rows = await session.exec(query.order_by(col(Ticket.position), col(Ticket.id)))
    return [TicketRow(*row) for row in rows.all()]


# For a hold, without the ORM: thousands may be refused in a second.
_HOLDABLE = """
    t.id, t.seller_id, t.listing_id, t.status, t.position, t.version, t.price_cents, t.starts_at,
    t.sellable_until, coalesce(t.locked_until > clock_timestamp(), false) AS is_locked
"""
_GET_HOLDABLE = text(f"SELECT {_HOLDABLE} FROM tickets t WHERE t.id = :ticket_id")  # noqa: S608  # a constant.
_LIST_HOLDABLE = text(f"""
    SELECT {_HOLDABLE}, l.split, l.is_side_by_side, l.version AS listing_version
    FROM listings l JOIN tickets t ON t.listing_id = l.id
    WHERE l.id = :listing_id
    ORDER BY t.position, t.id
""")  # noqa: S608  # as above.


async def get_holdable(session: AsyncSession, ticket_id: UUID) -> RowMapping | None:
    found = await (await session.connection()).execute(_GET_HOLDABLE, {"ticket_id": ticket_id})
    return found.mappings().one_or_none()


async def list_holdable(session: AsyncSession, listing_id: UUID) -> Sequence[RowMapping]:
    """Return all tickets of a listing, in the order of their seats, each with the rules of the listing."""
    found = await (await session.connection()).execute(_LIST_HOLDABLE, {"listing_id": listing_id})
    return found.mappings().all()


async def list_by_seller(
    session: AsyncSession, seller_id: UUID, limit: int, before: UUID | None
) -> list[TicketRow]:
    """Return up to `limit` + 1 listings that are older than `before`, newest first."""
    query = select(*ticket_row()).where(Ticket.seller_id == seller_id)
    if before:
        query = query.where(col(Ticket.id) < before)
    rows = await session.exec(query.order_by(col(Ticket.id).desc()).limit(limit + 1))
    return [TicketRow(*row) for row in rows.all()]


async def get_ticket_for_update(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    """Lock the row and its listing, and read it again: it may have changed while this transaction waited."""
    sibling = aliased(Ticket)
    siblings = select(sibling.id).join(Ticket, col(Ticket.listing_id) == sibling.listing_id)
    ids = (
        select(Ticket.id)
        .where(Ticket.id == ticket_id)
        .union(siblings.where(Ticket.id == ticket_id))
    )
    lock = select(Ticket.id).where(col(Ticket.id).in_(ids)).order_by(col(Ticket.id))
    if not (await session.exec(lock.with_for_update(key_share=True))).all():
        return None
    fresh = _by_id(ticket_id).execution_options(populate_existing=True)
    return TicketRow(*(await session.exec(fresh)).one())


_LOCK_FREE = text("""
    SELECT id FROM tickets WHERE id = ANY(:ticket_ids) FOR NO KEY UPDATE SKIP LOCKED
""").bindparams(bindparam("ticket_ids", type_=ARRAY(Uuid)))


async def lock_free(session: AsyncSession, ticket_ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these tickets that no other transaction has locked; return their ids."""
    found = await (await session.connection()).execute(_LOCK_FREE, {"ticket_ids": list(ticket_ids)})
    return set(found.scalars())


# All tickets or none, by one reading of the clock: it is volatile, so a comparison per row could find the
# lease of the first ticket running and that of the second ended.
_MOVE_LEASE = text("""
    WITH clock AS MATERIALIZED (
        SELECT clock_timestamp() AS at
    ), running AS (
        SELECT t.id FROM tickets t, clock
        WHERE t.id = ANY(:ticket_ids) AND t.order_id = :order_id AND t.status <> 'sold'
          AND t.locked_until > clock.at
    )
    UPDATE tickets t SET locked_until = :until, version = t.version + 1
    FROM running
    WHERE t.id = running.id AND (SELECT count(*) FROM running) = cardinality(:ticket_ids)
    RETURNING t.*
""").bindparams(
    bindparam("ticket_ids", type_=ARRAY(Uuid)),
    bindparam("order_id", type_=Uuid),
    bindparam("until", type_=utc_datetime()),
)


async def move_lease(
    session: AsyncSession, ticket_ids: Sequence[UUID], order_id: UUID, until: datetime
) -> list[Ticket]:
    """Move the running leases of this order; none if one of them has ended or is another order's."""
    values = {"ticket_ids": list(ticket_ids), "order_id": order_id, "until": until}
    moved: Any = select(Ticket).from_statement(_MOVE_LEASE)
    fresh = moved.execution_options(populate_existing=True)
    result: Any = await session.exec(fresh, params=values)
    return list(result.scalars())


async def change_leases(
    session: AsyncSession,
    ticket_ids: Collection[UUID],
    order_id: UUID,
    changes: dict[str, object],
) -> list[Ticket]:
    """Change the tickets that are this order's, ended lease or not; return them by id."""
    statement = (
        update(Ticket)
        .where(
            col(Ticket.id).in_(ticket_ids),
            col(Ticket.order_id) == order_id,
            col(Ticket.status) != TicketStatus.SOLD,
        )
        .values(version=col(Ticket.version) + 1, **changes)
        .returning(Ticket)
        .execution_options(populate_existing=True)
    )
    return sorted((await session.exec(statement)).scalars(), key=lambda row: row.id)


_RELEASE_ALL = text("""
    UPDATE tickets SET order_id = NULL, holder_id = NULL, locked_until = NULL, version = version + 1
    WHERE id = ANY(:ticket_ids) AND order_id = ANY(:order_ids) AND status <> 'sold'
    RETURNING id, version, seller_id, event_id, status
""").bindparams(
    bindparam("ticket_ids", type_=ARRAY(Uuid)), bindparam("order_ids", type_=ARRAY(Uuid))
)


async def release_all(
    session: AsyncSession, ticket_ids: Collection[UUID], order_ids: Collection[UUID]
) -> Sequence[Row[Any]]:
    """Release the tickets that belong to one of these orders still."""
    # Without the ORM: thousands of holds may end in a second.
    values = {"ticket_ids": list(ticket_ids), "order_ids": list(order_ids)}
    return (await (await session.connection()).execute(_RELEASE_ALL, values)).all()


async def has_any(session: AsyncSession) -> bool:
    return (await session.exec(select(Ticket.id).limit(1))).one_or_none() is not None
