"""SQL of events by their offers; its plans were measured with a million tickets (benchmarks/search.py)."""

from collections.abc import Iterator
from datetime import datetime
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
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.text_search import cached_query
from ticketing_app.events.schemas import EventFilter
from ticketing_app.events.service import search as events
from ticketing_app.tickets.models import TICKETS
from ticketing_app.tickets.repository.search import Cursor
from ticketing_app.tickets.rules import Split, TicketStatus
from ticketing_app.tickets.schemas.search import MarketFilter, TicketSort

# Up to this number of events, sorting them by price is faster than reading all tickets by price.
FEW_EVENTS = 2_000

_LISTINGS = TICKETS.metadata.tables["listings"]
# Filters of the event itself; the others are those of its offers.
SHARED = ("q", "category", "city", "when", "first_day", "last_day")


class FoundEvent(NamedTuple):
    """An event of a page; `ticket_id` and `price_cents` are those of its cheapest offer, if sorted by it."""

    id: UUID
    starts_at: datetime
    ticket_id: UUID | None = None
    price_cents: int | None = None


class _Offers(NamedTuple):
    """A query for the ids of the offers of an event, with the expressions to sort it by."""

    query: Select[UUID]
    id: ColumnElement[UUID]
    price_cents: ColumnElement[int]

    def cheapest(self, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
        query = self.query.add_columns(*columns)
        return query.order_by(self.price_cents, self.id).limit(1)


def make_cursor(sort: TicketSort, last: FoundEvent) -> Cursor:
    if sort is TicketSort.CHEAPEST and last.ticket_id:
        return Cursor(sort=sort, id=last.ticket_id, price_cents=last.price_cents)
    starts_at = last.starts_at if sort is TicketSort.SOONEST else None
    return Cursor(sort=sort, id=last.id, starts_at=starts_at)


async def list_events(
    session: AsyncSession, wanted: MarketFilter, cursor: Cursor | None
) -> list[FoundEvent]:
    """Return up to `limit` + 1 events after the cursor: the extra one shows that there is a next page."""
    connection = await session.connection()
    are_few = False
    if wanted.sort is TicketSort.CHEAPEST:
        matching = (await connection.execute(matching_query(wanted))).scalar_one()
        are_few = matching <= FEW_EVENTS
    rows = await connection.execute(page_query(wanted, cursor, are_few=are_few))
    return [FoundEvent(*row) for row in rows]


async def count_events(session: AsyncSession, wanted: MarketFilter, limit: int) -> int:
    return (await (await session.connection()).execute(count_query(wanted, limit))).scalar_one()


@cached_query
def page_query(
    wanted: MarketFilter, cursor: Cursor | None, *, are_few: bool = False
) -> Select[*tuple[Any, ...]]:
    """Select a page; `are_few` is the result of `matching_query`."""
    event = _matching(wanted)
    if wanted.sort is not TicketSort.CHEAPEST:
        query = _by_event(event, wanted, cursor)
    elif are_few:
        query = _by_price_of_each(event, wanted, cursor)
    else:
        query = _by_price(event, wanted, cursor)
    return query.limit(wanted.limit + 1)


@cached_query
def matching_query(wanted: MarketFilter) -> Select[int]:
    """Count the events that match, with or without offers, up to FEW_EVENTS + 1."""
    found = select(_matching(wanted).c.id).limit(FEW_EVENTS + 1)
    return select(func.count()).select_from(found.subquery())


@cached_query
def count_query(wanted: MarketFilter, limit: int) -> Select[int]:
    event = _matching(wanted)
    found = select(event.c.id).where(*_offered(event, wanted)).limit(limit)
    return select(func.count()).select_from(found.subquery())


def _matching(wanted: MarketFilter) -> Subquery:
    shared = {name: getattr(wanted, name) for name in SHARED}
    return events.matching(EventFilter(**shared)).subquery("event")


def _by_event(
    event: Subquery, wanted: MarketFilter, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    query = select(event.c.id, event.c.starts_at).where(*_offered(event, wanted))
    if wanted.sort is TicketSort.NEWEST:
        after = event.c.id < cursor.id if cursor else true()
        return query.where(after).order_by(event.c.id.desc())
    key = tuple_(event.c.starts_at, event.c.id)
    after = key > tuple_(literal(cursor.starts_at), literal(cursor.id)) if cursor else true()
    return query.where(after).order_by(event.c.starts_at, event.c.id)


def _by_price_of_each(
    event: Subquery, wanted: MarketFilter, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    """Read the cheapest ticket of each event, then sort: for few events."""
    offers = _offers(event, wanted)
    ticket = offers.cheapest(offers.price_cents.label("price_cents")).lateral("ticket")
    return (
        select(event.c.id, event.c.starts_at, ticket.c.id, ticket.c.price_cents)
        .select_from(event)
        .join(ticket, true())
        .where(_after(ticket, cursor))
        .order_by(ticket.c.price_cents, ticket.c.id)
    )


def _by_price(
    event: Subquery, wanted: MarketFilter, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    """Read the tickets in the order of their price, and of each event only the cheapest: for many events."""
    ticket = TICKETS.alias("ticket")
    cheapest_id = _offers(event, wanted).cheapest().scalar_subquery()
    has_category = ticket.c.category == wanted.category if wanted.category else true()
    # LIMIT keeps the planner from joining and sorting all tickets.
    shown = (
        select(event.c.id, event.c.starts_at)
        .where(event.c.id == ticket.c.event_id, ticket.c.id == cheapest_id)
        .limit(1)
        .lateral("shown")
    )
    return (
        select(shown.c.id, shown.c.starts_at, ticket.c.id, ticket.c.price_cents)
        .select_from(ticket)
        .join(shown, true())
        # The index of prices has the category of the event, too.
        .where(*_available(ticket, wanted), has_category, _after(ticket, cursor))
        .order_by(ticket.c.price_cents, ticket.c.id)
    )


def _after(ticket: FromClause, cursor: Cursor | None) -> ColumnElement[bool]:
    if cursor is None:
        return true()
    key = tuple_(ticket.c.price_cents, ticket.c.id)
    return key > tuple_(literal(cursor.price_cents), literal(cursor.id))


def _offered(event: Subquery, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    """Match events with an offer; a search for words also finds those without, unless sorted by price."""
    is_by_price = wanted.sort is TicketSort.CHEAPEST
    if is_by_price or not (wanted.q.strip() and _is_any_offer(wanted)):
        # OFFSET keeps the planner from joining all tickets: it underestimates the events of a day.
        yield _offers(event, wanted).query.offset(literal_column("0")).exists()


def _is_any_offer(wanted: MarketFilter) -> bool:
    prices = (wanted.min_price_cents, wanted.max_price_cents)
    return prices == (None, None) and wanted.together is None and not wanted.available_only


def _offers(event: Subquery, wanted: MarketFilter) -> _Offers:
    """Select the available tickets of an event, or the first one of each listing with enough neighbours."""
    ticket = TICKETS.alias()
    is_offered = (ticket.c.event_id == event.c.id, *_available(ticket, wanted))
    if wanted.together is None:
        query = select(ticket.c.id.label("id")).where(*is_offered)
        return _Offers(query, ticket.c.id, ticket.c.price_cents)
    first = func.array_agg(aggregate_order_by(ticket.c.id, ticket.c.position))[1]
    query = (
        select(first.label("id"))
        .join(_LISTINGS, _LISTINGS.c.id == ticket.c.listing_id)
        .where(*is_offered, ticket.c.listing_id.is_not(None), _LISTINGS.c.is_side_by_side)
        .group_by(_LISTINGS.c.id)
        .having(*_sells(ticket, wanted.together))
    )
    return _Offers(query, first, func.min(ticket.c.price_cents))


def _sells(ticket: FromClause, count: int) -> Iterator[ColumnElement[bool]]:
    """Match a group of the available tickets of a listing that sells `count` neighbours of them."""
    left_over = func.count() - count
    yield case(
        (_LISTINGS.c.split == Split.ANY, True),
        (_LISTINGS.c.split == Split.NO_SINGLE, left_over != 1),
        else_=left_over == 0,
    )
    # A bit for each available seat: neighbours are bits that stay when the bits are shifted.
    seats = func.bit_or(literal_column("1").op("<<")(ticket.c.position))
    neighbours: ColumnElement[Any] = seats
    for distance in range(1, count):
        neighbours = neighbours.op("&")(seats.op(">>")(literal_column(str(distance))))
    yield neighbours != 0


def _available(ticket: FromClause, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    yield ticket.c.status == TicketStatus.FOR_SALE
    # now(): clock_timestamp() is volatile, and the planner could not use it in an index.
    yield or_(ticket.c.locked_until.is_(None), ticket.c.locked_until <= func.now())
    if wanted.min_price_cents is not None:
        yield ticket.c.price_cents >= wanted.min_price_cents
    if wanted.max_price_cents is not None:
        yield ticket.c.price_cents <= wanted.max_price_cents
