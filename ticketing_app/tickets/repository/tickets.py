"""SQL of one ticket and its lease. Leases are compared with the database clock only."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.rules import TicketStatus

# asyncpg represents PostgreSQL's infinity as this naive datetime.
NEVER_AT = datetime.max  # noqa: DTZ901  # as above.

# clock_timestamp() and not now(): a transaction may have waited for the row before it reads or writes.
NOW = func.clock_timestamp()


class TicketRow(NamedTuple):
    ticket: Ticket
    is_locked: bool


def is_locked() -> ColumnElement[bool]:
    return func.coalesce(col(Ticket.locked_until) > NOW, False)  # SQL's false.


def has_end(locked_until: datetime | None) -> bool:
    return locked_until is not None and locked_until != NEVER_AT


def add(session: AsyncSession, ticket: Ticket) -> None:
    session.add(ticket)


async def get_ticket(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    row = (await session.exec(_by_id(ticket_id))).one_or_none()
    return TicketRow(*row) if row else None


def _by_id(ticket_id: UUID) -> Select[Ticket, bool]:
    return select(Ticket, is_locked()).where(Ticket.id == ticket_id)


async def list_by_seller(
    session: AsyncSession, seller_id: UUID, limit: int, before: UUID | None
) -> list[TicketRow]:
    """Return up to `limit` + 1 listings that are older than `before`, newest first."""
    query = select(Ticket, is_locked()).where(Ticket.seller_id == seller_id)
    if before:
        query = query.where(col(Ticket.id) < before)
    rows = await session.exec(query.order_by(col(Ticket.id).desc()).limit(limit + 1))
    return [TicketRow(*row) for row in rows.all()]


async def get_ticket_for_update(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    """Lock the row and read it again: it may have changed while this transaction waited."""
    lock = select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True)
    if (await session.exec(lock)).one_or_none() is None:
        return None
    fresh = _by_id(ticket_id).execution_options(populate_existing=True)
    return TicketRow(*(await session.exec(fresh)).one())


async def change_running_lease(
    session: AsyncSession, ticket_id: UUID, order_id: UUID, changes: dict[str, object]
) -> Ticket | None:
    """Change the lease of this order; None if it has ended or is another order's."""
    is_running = col(Ticket.locked_until) > NOW
    return await change_lease(session, ticket_id, order_id, changes, is_running)


async def change_lease(
    session: AsyncSession,
    ticket_id: UUID,
    order_id: UUID,
    changes: dict[str, object],
    *conditions: ColumnElement[bool],
) -> Ticket | None:
    """Change the lease of this order; None if the ticket is another order's."""
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
    """Lock and return up to `limit` tickets with an ended lease; skips locked rows."""
    # now() is exact in the first statement of a transaction and, unlike clock_timestamp(), uses the
    # index. Withdrawn tickets are included: a seller may withdraw before the order is closed.
    query = (
        select(Ticket)
        .where(Ticket.status != TicketStatus.SOLD, col(Ticket.locked_until) <= func.now())
        .order_by(col(Ticket.locked_until))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list((await session.exec(query)).all())


async def measure_lapsed(session: AsyncSession) -> timedelta | None:
    """Return the age of the oldest ended lease that is not closed; None if there is none."""
    query = select(func.now() - func.min(Ticket.locked_until)).where(
        Ticket.status != TicketStatus.SOLD, col(Ticket.locked_until) <= func.now()
    )
    return (await session.exec(query)).one()


async def has_any(session: AsyncSession) -> bool:
    return (await session.exec(select(Ticket.id).limit(1))).one_or_none() is not None
