"""Values and sentences of the home page and of the search page."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.tickets.schemas.search import COUNT_LIMIT, EventHits, TicketSort
from ticketing_app.tickets.schemas.tickets import EVENT_COUNT_LIMIT
from ticketing_app.ui.events.cards import EventCard, EventGroup, group_by_day, make_cards
from ticketing_app.ui.home.address import Address, FilterChip, list_href
from ticketing_app.ui.home.queries import HomePage
from ticketing_app.ui.tickets.views import TicketStub

# Their errors are shown beside the fields.
SPEAKING_FIELDS = frozenset({"from", "to", "minPrice", "maxPrice"})


@dataclass(frozen=True)
class FilterSuggestion:
    """The search with one filter less, and its number of results."""

    label: str = ""
    count_line: str = ""
    href: str = ""


@dataclass(frozen=True)
class MarketView:
    """Values that the page shows of a search."""

    groups: list[EventGroup] = field(default_factory=list)
    event_count: int = 0
    has_events: bool = False
    has_more_events: bool = False
    cards: list[TicketStub] = field(default_factory=list)
    has_tickets: bool = False
    has_more: bool = False
    count_line: str = ""
    notice: str = ""
    is_empty: bool = False
    is_filtered: bool = False
    chips: list[FilterChip] = field(default_factory=list)
    has_chips: bool = False
    has_many_chips: bool = False
    cleared_href: str = ""
    suggestions: list[FilterSuggestion] = field(default_factory=list)
    has_suggestions: bool = False
    wrong_lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Hint:
    """A suggestion while typing."""

    label: str = ""
    note: str = ""
    href: str = ""


@dataclass(frozen=True)
class HintGroup:
    label: str = ""
    hints: list[Hint] = field(default_factory=list)


def market_view(address: Address, page: HomePage, today: date, seen_at: int = 0) -> MarketView:
    market = page.market
    events = event_cards(market.events, address, today=today, seen_at=seen_at)
    chips = address.chips
    suggestions = [
        FilterSuggestion(f"Without “{chip.label}”", result_line(count), chip.href)
        for chip, count in zip(chips, page.alternative_counts, strict=False)
        if count
    ]
    is_empty = not events and not market.tickets.items
    return MarketView(
        groups=group_events(events, address),
        event_count=len(events),
        has_events=bool(events),
        has_more_events=market.events.next_cursor is not None,
        cards=[TicketStub.from_ticket(ticket) for ticket in market.tickets.items],
        has_tickets=bool(market.tickets.items),
        has_more=market.tickets.next_cursor is not None,
        count_line=count_line(market.events.count, market.ticket_count),
        notice=correction_line(address.query.get("q", ""), market.corrected_q),
        is_empty=is_empty,
        is_filtered=address.is_filtered,
        chips=chips,
        has_chips=bool(chips),
        has_many_chips=len(chips) > 1 and not is_empty,
        cleared_href=address.cleared_href,
        suggestions=suggestions,
        has_suggestions=bool(suggestions),
        wrong_lines=[text for name, text in address.wrong.items() if name not in SPEAKING_FIELDS],
    )


def event_cards(hits: EventHits, address: Address, *, today: date, seen_at: int) -> list[EventCard]:
    """Return cards that lead to as many tickets as are wanted."""
    wanted = address.search().events
    cards = make_cards(
        (hit.event for hit in hits.items),
        {hit.event.id: hit.offers for hit in hits.items},
        today=today,
        seen_at=seen_at,
        quantity=wanted.together or 1,
    )
    if wanted.min_price_cents is None:
        return cards
    # Messages have the lowest price of all, which may be too low for this search.
    return [replace(card, live_id="") for card in cards]


def group_events(cards: Sequence[EventCard], address: Address) -> list[EventGroup]:
    """Return a group for each day of events that are sorted by their start, otherwise one group."""
    if address.search().events.sort is not TicketSort.SOONEST:
        return [EventGroup(cards=tuple(cards))] if cards else []
    return group_by_day(cards)


def count_line(events: int, tickets: int) -> str:
    """Return the number of events, and of tickets without one; beyond their limits it is unknown."""
    counts = (
        _count(events, "event", "events", EVENT_COUNT_LIMIT),
        _count(tickets, "ticket", "tickets"),
    )
    return " and ".join(filter(None, counts)) or "No tickets found"


def _count(count: int, one: str, many: str, limit: int = COUNT_LIMIT) -> str:
    if count > limit:
        return f"{formatting.format_number(limit)}+ {many}"
    if count == 0:
        return ""
    return f"1 {one}" if count == 1 else f"{formatting.format_number(count)} {many}"


def result_line(count: int) -> str:
    """Return the number of results of another search."""
    return _count(count, "result", "results", EVENT_COUNT_LIMIT)


def hint_groups(
    text: str, events: Sequence[EventRead], venues: Sequence[VenueRead]
) -> list[HintGroup]:
    """Return the groups of suggestions that are not empty; the last one leads to all results."""
    if not text:
        return []
    groups = [
        HintGroup("Events", [_event_hint(event) for event in events]),
        HintGroup(
            "Venues", [Hint(each.name, each.city, routes.venue(each.slug)) for each in venues]
        ),
        HintGroup(
            "Search",
            [Hint(f"All tickets for “{text}”", "", list_href({"q": text}, path=routes.SEARCH))],
        ),
    ]
    return [group for group in groups if group.hints]


def hint_line(groups: Sequence[HintGroup]) -> str:
    return _count(sum(len(group.hints) for group in groups), "suggestion", "suggestions")


def _event_hint(event: EventRead) -> Hint:
    day = formatting.format_event_day(event.starts_local.date(), utc_now().date())
    return Hint(event.title, f"{day} · {event.venue.city}", routes.event_detail(event.slug))


def correction_line(q: str, corrected_q: str | None) -> str:
    if corrected_q:
        return f"Nothing matches “{q}”. Showing “{corrected_q}” instead."
    return ""
