from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.paging import read_cursor
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.schemas import OwnTicketPage, OwnTicketRead
from ticketing_app.tickets.service import tickets


async def list_own_tickets(
    session: AsyncSession, *, seller_id: UUID, limit: int, cursor: str | None = None
) -> OwnTicketPage:
    """Return a page, newest first; raises InvalidInputError for a cursor of another list."""
    before = read_cursor(cursor)
    rows = await repository.list_by_seller(session, seller_id, limit, before)
    page = rows[:limit]
    return OwnTicketPage(
        items=[
            OwnTicketRead(
                **tickets.to_read(row, seller_id).model_dump(), sold_at=row.ticket.sold_at
            )
            for row in page
        ],
        next_cursor=str(page[-1].ticket.id) if len(rows) > limit else None,
    )
