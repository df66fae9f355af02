"""SQL of listings: several tickets of one seller at one price.

Lock order: all tickets of the listing by id, then the listing.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Listing, Ticket
from ticketing_app.tickets.repository.offers import OfferRow, list_by_listing
from ticketing_app.tickets.rules import Place


async def add(session: AsyncSession, listing: Listing) -> None:
    session.add(listing)
    # Before its tickets, whose foreign key points here.
    await session.flush()


async def get_rows_for_update(session: AsyncSession, listing_id: UUID) -> list[OfferRow]:
    """Lock all tickets of the listing, and read them again: they may have changed meanwhile."""
    lock = select(Ticket.id).where(Ticket.listing_id == listing_id).order_by(col(Ticket.id))
    await session.exec(lock.with_for_update(key_share=True))
    return await list_by_listing(session, listing_id)


async def find_own_seat(
    session: AsyncSession, *, seller_id: UUID, event_id: UUID, places: Sequence[Place]
) -> Place | None:
    """Return one of these seats that the seller offers already, as it is written there."""
    statement = text("""
        SELECT t.section, t."row", t.seat FROM tickets t
        JOIN unnest(CAST(:sections AS text[]), CAST(:rows AS text[]), CAST(:seats AS text[]))
          AS place(section, "row", seat)
          ON search_key(t.seat) = search_key(place.seat)
          AND search_key(coalesce(t."row", '')) = search_key(coalesce(place."row", ''))
          AND search_key(coalesce(t.section, '')) = search_key(coalesce(place.section, ''))
        WHERE t.seller_id = :seller_id AND t.event_id = :event_id
          AND t.status IN ('for_sale', 'paused') AND t.seat IS NOT NULL
        LIMIT 1
    """)
    sections, rows, seats = zip(*places, strict=True)
    values = {"seller_id": seller_id, "event_id": event_id}
    values |= {"sections": list(sections), "rows": list(rows), "seats": list(seats)}
    found = (await (await session.connection()).execute(statement, values)).one_or_none()
    return Place(*found) if found else None
