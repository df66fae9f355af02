"""SQL of the people and orders of an event."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket


async def get_event_id(session: AsyncSession, ticket_id: UUID) -> UUID | None:
    return (await session.exec(select(Ticket.event_id).where(Ticket.id == ticket_id))).one()


async def list_order_ids(session: AsyncSession, event_ids: Collection[UUID]) -> list[UUID]:
    """Return the orders, that of the newest ticket first."""
    query = select(Ticket.order_id).where(
        col(Ticket.event_id).in_(event_ids), col(Ticket.order_id).is_not(None)
    )
    found = (await session.exec(query.order_by(col(Ticket.id).desc()))).all()
    return list(dict.fromkeys(order_id for order_id in found if order_id))


async def list_seller_ids(session: AsyncSession, event_ids: Collection[UUID]) -> list[UUID]:
    query = select(Ticket.seller_id).where(col(Ticket.event_id).in_(event_ids)).distinct()
    return list((await session.exec(query.order_by(col(Ticket.seller_id)))).all())
