from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository.search import for_sale_and_upcoming


async def count_open(session: AsyncSession, seller_id: UUID, limit: int) -> int:
    """Count the listings that are for sale, up to `limit`."""
    found = select(Ticket.id).where(col(Ticket.seller_id) == seller_id, *for_sale_and_upcoming())
    query = select(func.count()).select_from(found.limit(limit).subquery())
    return (await session.exec(query)).one()
