"""One read per page, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.events.service import events, venues
from ticketing_app.tickets.schemas.search import LooseTicketFilter, MarketFilter, MarketPage
from ticketing_app.tickets.service import event_search, search
from ticketing_app.ui.transactions import Session

MAX_HINTS = 5


class Search(NamedTuple):
    """The same search among the events, and among the tickets that belong to none."""

    events: MarketFilter
    tickets: LooseTicketFilter


@dataclass(frozen=True)
class HomePage:
    """The first page of a search. `alternative_counts` is empty unless the search found nothing."""

    market: MarketPage
    cities: list[str] = field(default_factory=list)
    alternative_counts: list[int] = field(default_factory=list)


class Hints(NamedTuple):
    events: list[EventRead]
    venues: list[VenueRead]


async def load_home_page(
    session: Session,
    *,
    wanted: Search,
    has_cities: bool = False,
    alternatives: Sequence[Search] = (),
) -> HomePage:
    """Return the first page; `alternatives` are counted when it is empty.

    Raises:
        TooManyRequestsError: this client searched too often.
    """
    cities = await search.list_cities(session) if has_cities else []
    market = await event_search.search_market(session, wanted=wanted.events, loose=wanted.tickets)
    is_empty = not market.events.items and not market.tickets.items
    counts = [
        await event_search.count_market(session, wanted=other.events, loose=other.tickets)
        for other in (alternatives if is_empty else ())
    ]
    return HomePage(market, cities, counts)


async def load_hints(session: Session, *, text: str) -> Hints:
    """Return upcoming events and venues that a visitor may be typing; raises TooManyRequestsError."""
    await limits.check("searches")
    found = await events.suggest_events(session, text=text, limit=MAX_HINTS)
    now = utc_now()
    upcoming = [
        event for event in found if event.starts_at > now and event.status != EventStatus.CANCELLED
    ]
    return Hints(upcoming, await venues.suggest_venues(session, text=text, limit=MAX_HINTS))
