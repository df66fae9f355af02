"""SQL of events by their offers; its plans were measured with a million tickets (benchmarks/search.py)."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.days import DayFilter, may_start_on
from ticketing_app.core.text_search import cached_query
from ticketing_app.events.schemas import EventFilter
from ticketing_app.events.service import search as events
from ticketing_app.tickets.models import TICKETS
from ticketing_app.tickets.repository.search import Cursor
from ticketing_app.tickets.repository.tickets import comes_in_time
from ticketing_app.tickets.rules import Split, TicketStatus
from ticketing_app.tickets.schemas.search import MarketFilter, TicketSort

# Up to these numbers, reading all and sorting is faster than reading in the order of the page.
FEW_EVENTS = 1_500
FEW_OFFERS = 2_000
# Offers that are counted before the events are read one by one.
OFFERS_COUNTED = 1_000
# More, as most of them are excluded by the words, before their seats are read.
OFFERS_COUNTED_WITH_WORDS = 3_000

_LISTINGS = TICKETS.metadata.tables["listings"]
# Filters of the event itself; the others are those of its offers.
SHARED = ("q", "category", "city", "when", "first_day", "last_day")


class Plan(Enum):
    """Rows that a page is read from: all offers that may match, events, or offers in the order of their price."""

    OFFERS = auto()
    EVENTS = auto()
    PRICES = auto()


class FoundEvent(NamedTuple):
    """An event of a page with its cheapest offer that matches, if it must have one."""

    id: UUID
    starts_at: datetime
    ticket_id: UUID | None = None
    price_cents: int | None = None


def make_cursor(sort: TicketSort, last: FoundEvent) -> Cursor:
    if sort is TicketSort.CHEAPEST and last.ticket_id:
        return Cursor(sort=sort, id=last.ticket_id, price_cents=last.price_cents)
    starts_at = last.starts_at if sort is TicketSort.SOONEST else None
    return Cursor(sort=sort, id=last.id, starts_at=starts_at)


async def list_events(
    session: AsyncSession, wanted: MarketFilter, cursor: Cursor | None
) -> list[FoundEvent]:
    """Return up to `limit` + 1 events after the cursor: the extra one shows that there is a next page."""
    plan = await choose_plan(session, wanted)
    rows = await (await session.connection()).execute(page_query(wanted, cursor, plan))
    return [FoundEvent(*row) for row in rows]


async def choose_plan(session: AsyncSession, wanted: MarketFilter) -> Plan:
    connection = await session.connection()
    if _has_prices(wanted):
        offers = (await connection.execute(offers_query(wanted))).scalar_one()
        if offers <= FEW_OFFERS:
            return Plan.OFFERS
    if wanted.sort is TicketSort.CHEAPEST:
        matching = (await connection.execute(matching_query(wanted))).scalar_one()
        if matching > FEW_EVENTS:
            return Plan.PRICES
    return Plan.EVENTS


async def count_events(session: AsyncSession, wanted: MarketFilter, limit: int) -> int:
    return (await (await session.connection()).execute(count_query(wanted, limit))).scalar_one()


@cached_query
def page_query(wanted: MarketFilter, cursor: Cursor | None, plan: Plan) -> Select[*tuple[Any, ...]]:
    queries = {Plan.OFFERS: _by_offers, Plan.EVENTS: _by_events, Plan.PRICES: _by_prices}
    return queries[plan](wanted, cursor).limit(wanted.limit + 1)


@cached_query
def offers_query(wanted: MarketFilter) -> Select[int]:
    """Count the offers that may match, up to FEW_OFFERS + 1."""
    ticket = TICKETS.alias("ticket")
    return _count(select(ticket.c.id).where(*_may_match(ticket, wanted)).limit(FEW_OFFERS + 1))


@cached_query
def matching_query(wanted: MarketFilter) -> Select[int]:
    """Count the events that match, with or without offers, up to FEW_EVENTS + 1."""
    return _count(select(_matching(wanted).c.id).limit(FEW_EVENTS + 1))


@cached_query
def count_query(wanted: MarketFilter, limit: int) -> Select[int]:
    event = _matching(wanted)
    query = select(event.c.id)
    if _needs_offer(wanted):
        # OFFSET keeps the planner from joining all tickets: it underestimates the events of a day.
        ticket = TICKETS.alias("ticket")
        offers = _offers(ticket, event, wanted, ticket.c.id).offset(literal_column("0"))
        query = query.where(offers.exists())
    if _has_prices(wanted):
        return _count_by_offers(wanted, limit, query, event.c.id)
    return _count(query.limit(limit))


def _count_by_offers(
    wanted: MarketFilter, limit: int, others: Select[UUID], id_of_other: ColumnElement[UUID]
) -> Select[int]:
    """Count the events of the first offers, then `others` unless these were all offers, or enough.

    Few events have an offer at a rare price: this is faster than asking each event.
    """
    most = OFFERS_COUNTED_WITH_WORDS if wanted.q.strip() else OFFERS_COUNTED
    event = _matching(wanted)
    ticket = TICKETS.alias("ticket")
    first = (
        select(ticket.c.event_id, ticket.c.listing_id)
        .where(*_may_match(ticket, wanted))
        .limit(most)
        .cte("first")
    )
    # OFFSET keeps the planner from reading all seats of the offers before it matches the events.
    offered = (
        select(event.c.id, first.c.listing_id)
        .join(first, first.c.event_id == event.c.id)
        .offset(literal_column("0"))
        .subquery("offered")
    )
    query = select(offered.c.id).distinct()
    if wanted.together is not None:
        query = query.where(_sells(offered.c.listing_id, wanted.together))
    found = query.cte("found")
    counted = _count(select(found.c.id)).scalar_subquery()
    are_all = _count(select(first.c.event_id)).scalar_subquery() < most
    others = others.where(id_of_other.not_in(select(found.c.id)))
    missing = _count(others.limit(func.greatest(limit - counted, 0))).scalar_subquery()
    return select(func.least(counted + case((are_all, 0), else_=missing), limit))


def _count(query: Select[*tuple[Any, ...]]) -> Select[int]:
    return select(func.count()).select_from(query.subquery())


def _matching(wanted: MarketFilter) -> Subquery:
    shared = {name: getattr(wanted, name) for name in SHARED}
    return events.matching(EventFilter(**shared)).subquery("event")


def _needs_offer(wanted: MarketFilter) -> bool:
    """A search for words also finds events without offers, unless sorted or filtered by them."""
    is_by_price = wanted.sort is TicketSort.CHEAPEST
    is_any_offer = not _has_prices(wanted) and wanted.together is None
    return is_by_price or not (wanted.q.strip() and is_any_offer and not wanted.available_only)


def _has_prices(wanted: MarketFilter) -> bool:
    return (wanted.min_price_cents, wanted.max_price_cents) != (None, None)


def _by_offers(wanted: MarketFilter, cursor: Cursor | None) -> Select[*tuple[Any, ...]]:
    """Read all offers that may match, then sort the cheapest ones of their events."""
    event = _matching(wanted)
    ticket = TICKETS.alias("ticket")
    query = select(event.c.id, event.c.starts_at, *_offer(ticket))
    query = query.join(ticket, ticket.c.event_id == event.c.id).where(*_may_match(ticket, wanted))
    if wanted.together is not None:
        query = query.where(_sells(ticket.c.listing_id, wanted.together))
    query = query.ext(distinct_on(event.c.id))
    query = query.order_by(event.c.id, ticket.c.price_cents, ticket.c.id)
    return _in_order(query.subquery("found"), wanted.sort, cursor)


def _by_events(wanted: MarketFilter, cursor: Cursor | None) -> Select[*tuple[Any, ...]]:
    """Read events with their cheapest offer, in the order of the events or of few prices."""
    event = _matching(wanted)
    if not _needs_offer(wanted):
        return _in_order(event, wanted.sort, cursor)
    is_sorted = bool(wanted.q.strip() or wanted.city) and wanted.sort is not TicketSort.CHEAPEST
    if is_sorted:
        # The planner would read the offers of all these events, then sort, or read all events in order.
        event = _in_order(event, wanted.sort, cursor).subquery("sorted")
    ticket = TICKETS.alias("ticket")
    cheapest = _cheapest(ticket, event, wanted, *_offer(ticket)).lateral("cheapest")
    query = select(event.c.id, event.c.starts_at, cheapest.c.ticket_id, cheapest.c.price_cents)
    found = query.join(cheapest, true()).subquery("found")
    return _in_order(found, wanted.sort, None if is_sorted else cursor)


def _by_prices(wanted: MarketFilter, cursor: Cursor | None) -> Select[*tuple[Any, ...]]:
    """Read the offers in the order of their price, and of each event only the cheapest: for many events."""
    event = _matching(wanted)
    ticket = TICKETS.alias("ticket")
    other = TICKETS.alias("other")
    cheapest_id = _cheapest(other, event, wanted, other.c.id).scalar_subquery()
    # LIMIT keeps the planner from joining and sorting all tickets.
    shown = (
        select(event.c.id, event.c.starts_at)
        .where(event.c.id == ticket.c.event_id, ticket.c.id == cheapest_id)
        .limit(1)
        .lateral("shown")
    )
    query = select(shown.c.id, shown.c.starts_at, *_offer(ticket)).select_from(ticket)
    query = query.join(shown, true()).where(*_may_match(ticket, wanted))
    return _in_order(query.subquery("found"), wanted.sort, cursor)


def _in_order(
    found: FromClause, sort: TicketSort, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    query = select(found)
    if sort is TicketSort.NEWEST:
        query = query.order_by(found.c.id.desc())
        return query.where(found.c.id < cursor.id) if cursor else query
    keys = [found.c.starts_at, found.c.id]
    after = cursor and (cursor.starts_at, cursor.id)
    if sort is TicketSort.CHEAPEST:
        keys = [found.c.price_cents, found.c.ticket_id]
        after = cursor and (cursor.price_cents, cursor.id)
    query = query.order_by(*keys)
    return query.where(tuple_(*keys) > tuple_(*map(literal, after))) if after else query


def _offer(ticket: FromClause) -> tuple[ColumnElement[UUID], ColumnElement[int]]:
    return ticket.c.id.label("ticket_id"), ticket.c.price_cents


def _cheapest(
    ticket: FromClause, event: FromClause, wanted: MarketFilter, *columns: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    query = _offers(ticket, event, wanted, *columns)
    return query.order_by(ticket.c.price_cents, ticket.c.id).limit(1)


def _offers(
    ticket: FromClause, event: FromClause, wanted: MarketFilter, *columns: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """Select the free tickets of an event, or one of each listing with enough free neighbours."""
    query = select(*columns).where(ticket.c.event_id == event.c.id, *_can_match(ticket, wanted))
    if wanted.together is None:
        return query
    return query.where(_sells(ticket.c.listing_id, wanted.together))


def _may_match(ticket: FromClause, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    """Exclude tickets by their copies of facts of the event, some of which are in the indexes of prices."""
    starts_at = func.coalesce(ticket.c.starts_at, literal_column("'infinity'::timestamptz"))
    yield from _can_match(ticket, wanted)
    yield func.now() < starts_at
    yield from may_start_on(DayFilter(wanted.when, wanted.first_day, wanted.last_day), starts_at)
    if wanted.category:
        yield ticket.c.category == wanted.category
    if wanted.city:
        yield ticket.c.city_key == func.search_key(wanted.city)


def _can_match(ticket: FromClause, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.together is None:
        yield from _is_free(ticket)
    else:
        # The ticket that represents a listing may be locked while others are free.
        yield ticket.c.status == TicketStatus.FOR_SALE
        yield ticket.c.is_front
        yield ticket.c.listing_id.is_not(None)
    if wanted.min_price_cents is not None:
        yield ticket.c.price_cents >= wanted.min_price_cents
    if wanted.max_price_cents is not None:
        yield ticket.c.price_cents <= wanted.max_price_cents


def _is_free(ticket: FromClause) -> Iterator[ColumnElement[bool]]:
    yield ticket.c.status == TicketStatus.FOR_SALE
    # now(): clock_timestamp() is volatile, and the planner could not use it in an index.
    yield or_(ticket.c.locked_until.is_(None), ticket.c.locked_until <= func.now())
    yield comes_in_time(ticket)


def _sells(listing_id: ColumnElement[Any], count: int) -> ColumnElement[bool]:
    """Whether the listing sells `count` neighbours of its available tickets by the rule of its seller."""
    seat = TICKETS.alias()
    left_over = func.count() - count
    is_allowed = case(
        (_LISTINGS.c.split == Split.ANY, True),
        (_LISTINGS.c.split == Split.NO_SINGLE, left_over != 1),
        else_=left_over == 0,
    )
    # A bit for each available seat: neighbours are bits that stay when the bits are shifted.
    bits = func.bit_or(literal_column("1").op("<<")(seat.c.position))
    neighbours: ColumnElement[Any] = bits
    for distance in range(1, count):
        neighbours = neighbours.op("&")(bits.op(">>")(literal_column(str(distance))))
    listing = (
        select(literal_column("1"))
        .select_from(_LISTINGS)
        .join(seat, seat.c.listing_id == _LISTINGS.c.id)
        .where(_LISTINGS.c.id == listing_id, _LISTINGS.c.is_side_by_side, *_is_free(seat))
        .group_by(_LISTINGS.c.id)
        .having(is_allowed, neighbours != 0)
    )
    return listing.exists()
