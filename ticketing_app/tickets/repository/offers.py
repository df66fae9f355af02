"""SQL of the offers of events: listings and loose tickets."""

from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Listing, Ticket
from ticketing_app.tickets.repository.search import for_sale_and_upcoming
from ticketing_app.tickets.repository.tickets import is_locked
from ticketing_app.tickets.schemas.listings import EventOffers, SeatListedTwice

# An event page does not show more; the cheapest are enough.
MAX_TICKETS_READ = 500


class OfferRow(NamedTuple):
    """A ticket with its listing, if it has one."""

    ticket: Ticket
    listing: Listing | None
    is_locked: bool
    is_listed_twice: bool


def is_listed_twice() -> ColumnElement[bool]:
    """Whether another seller offers the same seat of the same event."""
    # The conditions repeat those of `uq_tickets_seat_once_per_seller`, as literals.
    other = aliased(Ticket)
    status: Any = col(other.status)
    return (
        select(literal_column("1"))
        .where(
            col(other.event_id) == Ticket.event_id,
            col(other.event_id).is_not(None),
            col(other.seat).is_not(None),
            status.in_([literal_column("'for_sale'"), literal_column("'paused'")]),
            _key(other.seat) == _key(Ticket.seat),
            _key(_or_empty(other.row)) == _key(_or_empty(Ticket.row)),
            _key(_or_empty(other.section)) == _key(_or_empty(Ticket.section)),
            col(other.seller_id) != Ticket.seller_id,
        )
        .exists()
    )


def _key(value: Any) -> ColumnElement[str]:  # noqa: ANN401  # a column or an expression.
    return func.search_key(value)


def _or_empty(value: Any) -> ColumnElement[str]:  # noqa: ANN401  # as above.
    return func.coalesce(value, literal_column("''"))


async def list_by_event(session: AsyncSession, event_id: UUID) -> list[OfferRow]:
    """Return the tickets for sale, the cheapest first, those of a listing together and in seat order."""
    query = (
        _tickets_with_listings()
        .where(Ticket.event_id == event_id, *for_sale_and_upcoming())
        .order_by(col(Ticket.price_cents), _offer_id(), col(Ticket.position))
        .limit(MAX_TICKETS_READ)
    )
    return [OfferRow(*row) for row in (await session.exec(query)).all()]


async def list_by_listing(session: AsyncSession, listing_id: UUID) -> list[OfferRow]:
    """Return all tickets of the listing in seat order, as they are now."""
    query = _tickets_with_listings().where(Ticket.listing_id == listing_id)
    fresh = query.order_by(col(Ticket.position)).execution_options(populate_existing=True)
    return [OfferRow(*row) for row in (await session.exec(fresh)).all()]


async def list_by_seller(
    session: AsyncSession, seller_id: UUID, limit: int, before: UUID | None
) -> list[OfferRow]:
    """Return the tickets of up to `limit` offers older than `before`, the newest offers first."""
    kept = exists().where(col(Ticket.listing_id) == Listing.id)
    own_listings = select(Listing.id).where(Listing.seller_id == seller_id, kept)
    loose = select(Ticket.id).where(Ticket.seller_id == seller_id, col(Ticket.listing_id).is_(None))
    if before:
        own_listings = own_listings.where(col(Listing.id) < before)
        loose = loose.where(col(Ticket.id) < before)
    newest = union_all(
        own_listings.order_by(col(Listing.id).desc()).limit(limit),
        loose.order_by(col(Ticket.id).desc()).limit(limit),
    ).subquery()
    ids = select(newest.c.id).order_by(newest.c.id.desc()).limit(limit)
    found = list((await session.exec(ids)).all())
    query = _tickets_with_listings().where(
        or_(col(Ticket.listing_id).in_(found), col(Ticket.id).in_(found))
    )
    rows = await session.exec(query.order_by(_offer_id().desc(), col(Ticket.position)))
    return [OfferRow(*row) for row in rows.all()]


# Building it takes as long as running it.
@cache
def _tickets_with_listings() -> Any:  # noqa: ANN401  # SQLModel has no type for a select of four.
    query = select(Ticket, Listing, is_locked(), is_listed_twice())
    return query.outerjoin(Listing, col(Listing.id) == Ticket.listing_id)


def _offer_id() -> ColumnElement[UUID]:
    return func.coalesce(Ticket.listing_id, Ticket.id)


_LISTED_TWICE = text("""
    SELECT event_id, min(section) AS section, min("row") AS "row", min(seat) AS seat,
           array_agg(id ORDER BY id) AS ticket_ids
    FROM tickets
    WHERE status IN ('for_sale', 'paused') AND event_id IS NOT NULL AND seat IS NOT NULL
      AND (starts_at IS NULL OR starts_at > now())
    GROUP BY event_id, search_key(seat), search_key(coalesce("row", '')), search_key(coalesce(section, ''))
    HAVING count(*) > 1
    ORDER BY event_id, seat LIMIT :limit
""")


async def list_listed_twice(session: AsyncSession, limit: int) -> list[SeatListedTwice]:
    """Return seats that several sellers offer; a seller offers a seat once."""
    rows = await (await session.connection()).execute(_LISTED_TWICE, {"limit": limit})
    return [SeatListedTwice.model_validate(dict(row)) for row in rows.mappings()]


_SUMMARY = text("""
    WITH offered AS (
        SELECT event_id, price_cents, currency, status = 'sold' AS is_sold,
               status = 'for_sale' AND (locked_until IS NULL OR locked_until <= now())
                 AND coalesce(least(starts_at, sellable_until) > now(), true) AS is_available
        FROM tickets WHERE event_id = ANY(:event_ids) AND status IN ('for_sale', 'sold')
    )
    SELECT event_id, count(*) FILTER (WHERE is_available) AS available,
           min(price_cents) FILTER (WHERE is_available) AS from_cents,
           min(currency) FILTER (WHERE is_available) AS currency,
           count(*) FILTER (WHERE is_sold) AS sold
    FROM unnest(:event_ids) AS event_id LEFT JOIN offered USING (event_id)
    GROUP BY event_id
""").bindparams(bindparam("event_ids", type_=ARRAY(PG_UUID())))


async def summarize_events(session: AsyncSession, event_ids: list[UUID]) -> list[EventOffers]:
    rows = await (await session.connection()).execute(_SUMMARY, {"event_ids": event_ids})
    return [EventOffers.model_validate(dict(row)) for row in rows.mappings()]


async def list_event_ids(session: AsyncSession, ticket_ids: Collection[UUID]) -> dict[UUID, UUID]:
    query = select(Ticket.id, Ticket.event_id).where(col(Ticket.id).in_(ticket_ids))
    rows = (await session.exec(query)).all()
    return {ticket_id: event_id for ticket_id, event_id in rows if event_id}
