from itertools import groupby
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.paging import read_cursor
from ticketing_app.tickets.repository import offers as offer_repository
from ticketing_app.tickets.repository import seller_listings
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.schemas.listings import OwnCounts, OwnListingPage, OwnListingRead
from ticketing_app.tickets.schemas.tickets import OwnTicketPage, OwnTicketRead
from ticketing_app.tickets.service import listings, tickets


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


async def list_own_listings(
    session: AsyncSession, *, seller_id: UUID, limit: int, cursor: str | None = None
) -> OwnListingPage:
    """Return a page of listings and tickets without one, newest first; errors as `list_own_tickets`."""
    before = read_cursor(cursor)
    rows = await offer_repository.list_by_seller(session, seller_id, limit + 1, before)
    found = [
        OwnListingRead(
            listing_id=tickets_of_one[0].ticket.listing_id,
            **listings.listing_fields(tickets_of_one, seller_id),
        )
        for _, group in groupby(rows, key=lambda row: row.ticket.listing_id or row.ticket.id)
        if (tickets_of_one := list(group))
    ]
    page = found[:limit]
    return OwnListingPage(items=page, next_cursor=str(page[-1].id) if len(found) > limit else None)


async def count_own(session: AsyncSession, *, seller_id: UUID) -> OwnCounts:
    """Count the seller's unsold tickets."""
    return await seller_listings.count_unsold(session, seller_id)


async def list_sold(session: AsyncSession, *, seller_id: UUID, limit: int) -> list[UUID]:
    """Return up to `limit` sold tickets of the seller; only orders know which sales are still valid."""
    return await seller_listings.list_sold(session, seller_id, limit)
