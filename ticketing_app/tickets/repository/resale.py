"""SQL of tickets that were sold and are listed again: each listing points at the one before."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.rules import TicketStatus

_Next = aliased(Ticket)


def _is_next() -> ColumnElement[bool]:
    """Whether `_Next` is what became of the ticket: the unique index lets there be one."""
    return (col(_Next.previous_ticket_id) == col(Ticket.id)) & (
        col(_Next.status) != TicketStatus.WITHDRAWN
    )


async def list_sold(session: AsyncSession, ticket_ids: list[UUID]) -> list[tuple[Ticket, bool]]:
    """Return those of the tickets that were sold, and whether they are listed again."""
    query = select(Ticket, exists().where(_is_next())).where(
        col(Ticket.id).in_(ticket_ids), Ticket.status == TicketStatus.SOLD
    )
    return [(ticket, is_listed) for ticket, is_listed in (await session.exec(query)).all()]


async def get_relisting_for_update(
    session: AsyncSession, ticket_id: UUID, seller_id: UUID
) -> Ticket | None:
    """Lock and return the seller's listing of this ticket that is for sale, held or not."""
    query = select(Ticket).where(
        Ticket.previous_ticket_id == ticket_id,
        Ticket.seller_id == seller_id,
        Ticket.status == TicketStatus.FOR_SALE,
    )
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.exec(locked)).one_or_none()


async def list_ownership(session: AsyncSession, ticket_id: UUID) -> list[Ticket]:
    """Return every listing of the same seat from the first to the newest one, this one included.

    It is as long as the ticket had owners: of withdrawn listings only the asked one is part of it.
    """
    back = select(Ticket.id, Ticket.previous_ticket_id).where(Ticket.id == ticket_id)
    back = back.cte("back", recursive=True)
    earlier = select(Ticket.id, Ticket.previous_ticket_id).where(
        col(Ticket.id) == back.c.previous_ticket_id
    )
    back = back.union(earlier)
    ahead = select(Ticket.id).where(Ticket.id == ticket_id).cte("ahead", recursive=True)
    later = select(Ticket.id).where(
        col(Ticket.previous_ticket_id) == ahead.c.id,
        Ticket.status != TicketStatus.WITHDRAWN,
    )
    ahead = ahead.union(later)
    chain = select(back.c.id).union(select(ahead.c.id))
    query = select(Ticket).where(col(Ticket.id).in_(chain)).order_by(col(Ticket.id))
    return list((await session.exec(query)).all())
