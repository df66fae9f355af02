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
    or_,
    select,
    true,
    tuple_,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.text_search import cached_query
from ticketing_app.events.schemas import EventFilter
from ticketing_app.events.service import search as events
from ticketing_app.tickets.models import TICKETS
from ticketing_app.tickets.repository.search import Cursor
from ticketing_app.tickets.rules import Split, TicketStatus
from ticketing_app.tickets.schemas import MarketFilter, TicketSort

_LISTINGS = TICKETS.metadata.tables["listings"]
# Filters of the event itself; the others are those of its offers.
SHARED = ("q", "category", "city", "when", "first_day", "last_day")


class FoundEvent(NamedTuple):
    """An event of a page; `ticket_id` and `price_cents` are those of its cheapest offer, if sorted by it."""

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
    rows = await (await session.connection()).execute(page_query(wanted, cursor))
    return [FoundEvent(*row) for row in rows]


async def count_events(session: AsyncSession, wanted: MarketFilter, limit: int) -> int:
    return (await (await session.connection()).execute(count_query(wanted, limit))).scalar_one()


@cached_query
def page_query(wanted: MarketFilter, cursor: Cursor | None) -> Select[Any]:
    event = _matching(wanted)
    build = _by_price if wanted.sort is TicketSort.CHEAPEST else _by_event
    query = build(event, wanted, cursor)
    return query.limit(wanted.limit + 1)


@cached_query
def count_query(wanted: MarketFilter, limit: int) -> Select[tuple[int]]:
    event = _matching(wanted)
    found = select(event.c.id).where(*_offered(event, wanted)).limit(limit)
    return select(func.count()).select_from(found.subquery())


def _matching(wanted: MarketFilter) -> Subquery:
    shared = {name: getattr(wanted, name) for name in SHARED}
    return events.matching(EventFilter(**shared)).subquery("event")


def _by_event(event: Subquery, wanted: MarketFilter, cursor: Cursor | None) -> Select[Any]:
    query = select(event.c.id, event.c.starts_at).where(*_offered(event, wanted))
    if wanted.sort is TicketSort.NEWEST:
        after = event.c.id < cursor.id if cursor else true()
        return query.where(after).order_by(event.c.id.desc())
    key = tuple_(event.c.starts_at, event.c.id)
    after = key > tuple_(literal(cursor.starts_at), literal(cursor.id)) if cursor else true()
    return query.where(after).order_by(event.c.starts_at, event.c.id)


def _by_price(event: Subquery, wanted: MarketFilter, cursor: Cursor | None) -> Select[Any]:
    """Read the tickets in the order of their price, and of each event only the cheapest."""
    ticket = TICKETS.alias()
    cheaper = TICKETS.alias()
    cheapest = (
        select(cheaper.c.id)
        .where(cheaper.c.event_id == ticket.c.event_id, *_available(cheaper, wanted))
        .order_by(cheaper.c.price_cents, cheaper.c.id)
        .limit(1)
        .scalar_subquery()
    )
    key = tuple_(ticket.c.price_cents, ticket.c.id)
    after = key > tuple_(literal(cursor.price_cents), literal(cursor.id)) if cursor else true()
    return (
        select(event.c.id, event.c.starts_at, ticket.c.id, ticket.c.price_cents)
        .select_from(ticket)
        .join(event, event.c.id == ticket.c.event_id)
        # The planner takes an equation for rare, and would sort all events; CASE counts as half of the rows.
        .where(
            *_available(ticket, wanted), case((ticket.c.id == cheapest, True), else_=False), after
        )
        .order_by(ticket.c.price_cents, ticket.c.id)
    )


def _offered(event: Subquery, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    """Match events with an offer; a search for words also finds those without, unless sorted by price."""
    is_by_price = wanted.sort is TicketSort.CHEAPEST
    if is_by_price or not (wanted.q.strip() and _is_any_offer(wanted)):
        ticket = TICKETS.alias()
        yield (
            select(ticket.c.id)
            .where(ticket.c.event_id == event.c.id, *_available(ticket, wanted))
            .exists()
        )


def _is_any_offer(wanted: MarketFilter) -> bool:
    prices = (wanted.min_price_cents, wanted.max_price_cents)
    return prices == (None, None) and wanted.together is None and not wanted.available_only


def _available(ticket: FromClause, wanted: MarketFilter) -> Iterator[ColumnElement[bool]]:
    yield from _for_sale(ticket)
    if wanted.min_price_cents is not None:
        yield ticket.c.price_cents >= wanted.min_price_cents
    if wanted.max_price_cents is not None:
        yield ticket.c.price_cents <= wanted.max_price_cents
    if wanted.together is not None:
        yield _begins_set(ticket, wanted.together)


def _for_sale(ticket: FromClause) -> Iterator[ColumnElement[bool]]:
    yield ticket.c.status == TicketStatus.FOR_SALE
    # now(): clock_timestamp() is volatile, and the planner could not join.
    yield or_(ticket.c.locked_until.is_(None), ticket.c.locked_until <= func.now())


def _begins_set(ticket: FromClause, count: int) -> ColumnElement[bool]:
    """Match the first of `count` neighbouring seats that its listing sells together."""
    seat = TICKETS.alias()
    is_in_set = seat.c.position.between(ticket.c.position, ticket.c.position + count - 1)
    left_over = func.count() - count
    is_allowed = case(
        (_LISTINGS.c.split == Split.ANY, True),
        (_LISTINGS.c.split == Split.NO_SINGLE, left_over != 1),
        else_=left_over == 0,
    )
    return (
        select(_LISTINGS.c.id)
        .join(seat, seat.c.listing_id == _LISTINGS.c.id)
        .where(_LISTINGS.c.id == ticket.c.listing_id, _LISTINGS.c.is_side_by_side, *_for_sale(seat))
        .group_by(_LISTINGS.c.id)
        .having(func.count().filter(is_in_set) == count, is_allowed)
        .exists()
    )
