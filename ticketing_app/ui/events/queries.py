"""The reads of event pages. That of an event is shared by all who see it as strangers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ticketing_app.core import changes
from ticketing_app.core.cache import Cache
from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.events.service import events, upcoming, venues
from ticketing_app.tickets.schemas.listings import EventOffers, OfferRead
from ticketing_app.tickets.service import offers
from ticketing_app.ui import transactions
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True, eq=False)
class EventPage:
    """An event with its offers, and other dates; `summaries` are those of all of these events.

    `insiders` are the sellers and holders of its tickets; `read` and `until` as in core/cache.py.
    """

    event: EventRead
    offers: list[OfferRead]
    other_dates: list[EventRead]
    summaries: Mapping[UUID, EventOffers]
    insiders: frozenset[UUID]
    read: changes.Keys
    until: datetime | None


# By slug, as strangers see them.
_event_pages: Cache[EventPage] = Cache()


@dataclass(frozen=True)
class PlacePage:
    """A city or venue with its next events."""

    name: str
    events: list[EventRead]
    summaries: Mapping[UUID, EventOffers]
    venue: VenueRead | None = None

    @property
    def title(self) -> str:
        return f"{self.name}, {self.venue.city}" if self.venue else self.name


async def load_event_page(
    *,
    slug: str,
    viewer_id: UUID | None = None,
    subscribe: Callable[[UUID], Awaitable[None]] | None = None,
) -> EventPage:
    """Return an event with its offers; `subscribe` is called with its id before they are read.

    Opens its own transaction: thousands of pages may wait for one read, and must not hold connections meanwhile.

    Raises:
        EventNotFoundError: no event has this slug.
        EventMovedError: it was merged into another one.
    """

    async def make() -> EventPage:
        return await transactions.in_transaction(_read_event_page, slug=slug)

    page = await _event_pages.get(slug, make)
    if subscribe:
        await subscribe(page.event.id)
        page = await _event_pages.get(slug, make)
    if viewer_id in page.insiders:
        own_view = await transactions.in_transaction(
            offers.list_event_offers, event_id=page.event.id, viewer_id=viewer_id
        )
        return replace(page, offers=own_view)
    return page


async def _read_event_page(session: Session, *, slug: str) -> EventPage:
    event = await events.get_by_slug(session, slug=slug)
    found = await offers.list_public_offers(session, event_id=event.id)
    others = await upcoming.list_other_dates(session, event=event)
    summaries = await _summarize(session, [event, *others])
    return EventPage(
        event,
        found.items,
        others,
        summaries,
        found.insiders,
        # Offers and summaries are those of these events.
        read=changes.keys(event.id, *(other.id for other in others)),
        until=offers.find_next_change(found.items),
    )


async def load_venue_page(session: Session, *, slug: str) -> PlacePage:
    """Raises VenueNotFoundError if there is none, VenueMovedError if it was merged."""
    venue = await venues.get_venue_by_slug(session, slug=slug)
    found = await venues.list_upcoming(session, venue_id=venue.id)
    return PlacePage(venue.name, found, await _summarize(session, found), venue)


async def load_city_page(session: Session, *, slug: str) -> PlacePage:
    """Raises NoEventsInCityError."""
    city = await upcoming.get_city(session, slug=slug)
    found = await upcoming.list_in_city(session, city=city.name)
    return PlacePage(city.name, found, await _summarize(session, found))


async def _summarize(session: Session, found: list[EventRead]) -> Mapping[UUID, EventOffers]:
    return await offers.summarize_events(session, event_ids=[event.id for event in found])
