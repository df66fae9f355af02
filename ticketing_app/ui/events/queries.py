"""One read per event page, each in the caller's transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ticketing_app.events.schemas import EventRead, VenueRead
from ticketing_app.events.service import events, upcoming, venues
from ticketing_app.tickets.schemas.listings import EventOffers, OfferRead
from ticketing_app.tickets.service import offers
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class EventPage:
    """An event with its offers, and other dates; `summaries` are those of all of these events."""

    event: EventRead
    offers: list[OfferRead]
    other_dates: list[EventRead]
    summaries: Mapping[UUID, EventOffers]


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
    session: Session,
    *,
    slug: str,
    viewer_id: UUID | None,
    subscribe: Callable[[UUID], Awaitable[None]] | None = None,
) -> EventPage:
    """Return an event with its offers; `subscribe` is called with its id before they are read.

    Raises:
        EventNotFoundError: no event has this slug.
        EventMovedError: it was merged into another one.
    """
    event = await events.get_by_slug(session, slug=slug)
    if subscribe:
        await subscribe(event.id)
    found = await offers.list_event_offers(session, event_id=event.id, viewer_id=viewer_id)
    others = await upcoming.list_other_dates(session, event=event)
    return EventPage(event, found, others, await _summarize(session, [event, *others]))


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
