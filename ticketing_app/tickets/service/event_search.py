"""Search for events by their offers, and for tickets that belong to no event."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.text_search import plan_for_values
from ticketing_app.events.service import events
from ticketing_app.tickets.repository import event_search as repository
from ticketing_app.tickets.repository import search as tickets_repository
from ticketing_app.tickets.repository.event_search import FoundEvent
from ticketing_app.tickets.schemas.listings import EventOffers
from ticketing_app.tickets.schemas.search import (
    COUNT_LIMIT,
    EventHit,
    EventHits,
    LooseTicketFilter,
    MarketFilter,
    MarketPage,
    TicketPage,
)
from ticketing_app.tickets.schemas.tickets import EVENT_COUNT_LIMIT
from ticketing_app.tickets.service import offers, search


async def search_market(
    session: AsyncSession, *, wanted: MarketFilter, loose: LooseTicketFilter
) -> MarketPage:
    """Return the first page of events, and of tickets without one; words are corrected if nothing matches.

    Raises:
        TooManyRequestsError: this client searched too often.
    """
    await limits.check("searches")
    await plan_for_values(session)
    found = await _search(session, wanted, loose)
    if _is_empty(found) and (q := await search.correct(session, wanted.q)):
        other = await _search(session, search.corrected(wanted, q), search.corrected(loose, q))
        if not _is_empty(other):
            return other.model_copy(update={"corrected_q": q})
    return found


async def list_more_events(session: AsyncSession, *, wanted: MarketFilter) -> EventHits:
    """Return the page at the cursor; its `count` is that of the page.

    Raises:
        InvalidInputError: the cursor is not from this list.
        TooManyRequestsError: this client searched too often.
    """
    cursor = search.read_cursor(wanted)
    await limits.check("searches")
    await plan_for_values(session)
    rows = await repository.list_events(session, wanted, cursor)
    return await _to_hits(session, rows, wanted)


async def count_market(
    session: AsyncSession, *, wanted: MarketFilter, loose: LooseTicketFilter
) -> int:
    """Count the events and tickets on all pages; beyond the limits it is unknown."""
    await plan_for_values(session)
    event_count = await repository.count_events(session, wanted, EVENT_COUNT_LIMIT + 1)
    return event_count + await _count_tickets(session, wanted, loose)


async def _search(
    session: AsyncSession, wanted: MarketFilter, loose: LooseTicketFilter
) -> MarketPage:
    rows = await repository.list_events(session, wanted, None)
    hits = await _to_hits(session, rows, wanted)
    if hits.next_cursor:
        count = await repository.count_events(session, wanted, EVENT_COUNT_LIMIT + 1)
        hits = hits.model_copy(update={"count": count})
    tickets = TicketPage(items=[], next_cursor=None)
    if _may_be_loose(wanted):
        tickets = search.to_page(
            await tickets_repository.list_for_sale(session, loose, None), loose
        )
    ticket_count = len(tickets.items)
    if tickets.next_cursor:
        ticket_count = await _count_tickets(session, wanted, loose)
    return MarketPage(events=hits, tickets=tickets, ticket_count=ticket_count)


async def _count_tickets(
    session: AsyncSession, wanted: MarketFilter, loose: LooseTicketFilter
) -> int:
    if not _may_be_loose(wanted):
        return 0
    return await tickets_repository.count_for_sale(session, loose, COUNT_LIMIT + 1)


def _may_be_loose(wanted: MarketFilter) -> bool:
    # A ticket without an event has no neighbours.
    return wanted.together is None


async def _to_hits(
    session: AsyncSession, rows: list[FoundEvent], wanted: MarketFilter
) -> EventHits:
    page = rows[: wanted.limit]
    next_cursor = None
    if len(rows) > wanted.limit:
        cursor = repository.make_cursor(wanted.sort, page[-1])
        next_cursor = tickets_repository.write_cursor(cursor)
    ids = [row.id for row in page]
    if not ids:
        return EventHits(items=[], count=0, next_cursor=None)
    summaries = await offers.summarize_events(session, event_ids=ids)
    found = {event.id: event for event in await events.list_by_ids(session, event_ids=ids)}
    items = [EventHit(event=found[row.id], offers=_offers(row, summaries)) for row in page]
    return EventHits(items=items, count=len(items), next_cursor=next_cursor)


def _offers(row: FoundEvent, summaries: Mapping[UUID, EventOffers]) -> EventOffers:
    """Return the summary, from the lowest price that matches the search."""
    summary = summaries[row.id]
    if row.price_cents is None:
        return summary
    return summary.model_copy(update={"from_cents": row.price_cents})


def _is_empty(page: MarketPage) -> bool:
    return not page.events.items and not page.tickets.items
