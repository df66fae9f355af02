from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.paging import read_cursor
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.schemas import OwnTicketPage, OwnTicketRead
from ticketing_app.tickets.service import tickets


async def list_own_tickets(
    session: AsyncSession, *, seller_id: UUID, limit: int, cursor: str | None = None
) -> OwnTicketPage:
    """Return a page of the seller's listings, newest first; `cursor` is the last id of the page before.

    Raises:
        InvalidInputError: the cursor is not from this list.
    """
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
