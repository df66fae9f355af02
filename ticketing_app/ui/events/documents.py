"""Documents of the event pages."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.core import changes
from ticketing_app.core.clock import utc_now
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service.events import EventMovedError
from ticketing_app.events.service.venues import VenueMovedError
from ticketing_app.tickets.schemas.listings import OfferRead
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.events import queries
from ticketing_app.ui.events.cards import EventCard, group_by_day, make_cards
from ticketing_app.ui.events.choices import link_cards, read_wanted
from ticketing_app.ui.events.chosen import choose_offers
from ticketing_app.ui.events.pages import static_event, static_place
from ticketing_app.ui.events.queries import PlacePage
from ticketing_app.ui.events.views import (
    EventHead,
    city_href,
    local_start,
)
from ticketing_app.ui.page_content import EVENT_TYPES, PageContent, PageMetadata, absolute

_STATUS = {
    EventStatus.SCHEDULED: "EventScheduled",
    EventStatus.MOVED: "EventRescheduled",
    EventStatus.CANCELLED: "EventCancelled",
}


async def load_event(query: QueryParams, *, slug: str) -> PageContent:
    try:
        page = await queries.load_event_page(slug=slug)
    except EventMovedError as error:
        return PageContent(moved_to=routes.event_detail(error.slug))
    # Only the page in the browser follows changes.
    head = EventHead.from_event(page.event, page.summaries[page.event.id], seen_at=0)
    others = make_cards(page.other_dates, page.summaries, today=utc_now().date(), seen_at=0)
    wanted = read_wanted(query, page.offers)
    offered, rows = choose_offers(page, wanted)
    content = static_event(head, rows, offered, link_cards(others, wanted.quantity))
    metadata = PageMetadata(
        title=head.title,
        description=head.share_line,
        path=head.href,
        category=head.category,
        event=schema_org_event(page.event, head, page.offers),
    )
    html = static_html.render(content)
    return PageContent(metadata=metadata, html=html, read=page.read, until=page.until)


async def load_venue(_query: QueryParams, *, slug: str) -> PageContent:
    try:
        page = await transactions.in_transaction(queries.load_venue_page, slug=slug)
    except VenueMovedError as error:
        return PageContent(moved_to=routes.venue(error.slug))
    city = page.venue.city if page.venue else ""
    return _place(page, city, routes.venue(slug))


async def load_city(_query: QueryParams, *, slug: str) -> PageContent:
    page = await transactions.in_transaction(queries.load_city_page, slug=slug)
    return _place(page, "", routes.city(slug))


def _place(page: PlacePage, city: str, path: str) -> PageContent:
    cards = make_cards(page.events, page.summaries, today=utc_now().date(), seen_at=0)
    content = static_place(page.name, city, city_href(city), group_by_day(cards))
    description = _describe(page.title, cards)
    metadata = PageMetadata(title=page.title, description=description, path=path)
    read = changes.keys(*(event.id for event in page.events))
    return PageContent(metadata=metadata, html=static_html.render(content), read=read)


def _describe(place: str, cards: Sequence[EventCard]) -> str:
    names = ", ".join(dict.fromkeys(card.title for card in cards[:3]))
    return (
        f"Tickets for events in {place}: {names}." if names else f"Tickets for events in {place}."
    )


def schema_org_event(
    event: EventRead, head: EventHead, offers: Sequence[OfferRead]
) -> dict[str, Any]:
    """Return the event with a summary of its offers in the vocabulary of schema.org."""
    url = absolute(head.href)
    return {
        "@context": "https://schema.org",
        "@type": EVENT_TYPES.get(event.category or "", "Event"),
        "name": event.title,
        "description": head.share_line,
        "url": url,
        "image": absolute(routes.share_image(head.category)),
        "startDate": local_start(event).isoformat(),
        "eventStatus": f"https://schema.org/{_STATUS[event.status]}",
        "location": {
            "@type": "Place",
            "name": event.venue.name,
            "address": {
                "@type": "PostalAddress",
                "addressLocality": event.venue.city,
                "addressCountry": event.venue.country,
            },
        },
        "offers": {"url": url, **_aggregate_offer(head, offers)},
    }


def _aggregate_offer(head: EventHead, offers: Sequence[OfferRead]) -> dict[str, Any]:
    """Return the prices of one ticket in the offers that can be bought now."""
    possible = [offer for offer in offers if offer.quantities and head.left]
    facts: dict[str, Any] = {"@type": "AggregateOffer", "offerCount": len(possible)}
    if possible:
        prices = [offer.price_cents for offer in possible]
        facts |= {
            "lowPrice": f"{min(prices) / 100:.2f}",
            "highPrice": f"{max(prices) / 100:.2f}",
            "priceCurrency": possible[0].currency.upper(),
        }
    return facts | {"availability": f"https://schema.org/{_availability(head)}"}


def _availability(head: EventHead) -> str:
    if head.left:
        return "InStock"
    return "SoldOut" if head.is_on_sale else "Discontinued"
