"""Documents of the ticket pages."""

from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx
from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.core import changes
from ticketing_app.core.changes import Keys
from ticketing_app.core.clock import utc_now
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import tickets
from ticketing_app.tickets.service.offers import find_next_change
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.events.cards import make_cards
from ticketing_app.ui.events.views import EventHead
from ticketing_app.ui.page_content import (
    DEFAULT_CATEGORY,
    EVENT_TYPES,
    PageContent,
    PageMetadata,
    absolute,
)
from ticketing_app.ui.tickets import queries
from ticketing_app.ui.tickets.pages import static_ticket
from ticketing_app.ui.tickets.queries import TicketDetailPage
from ticketing_app.ui.tickets.views import (
    NightView,
    TicketDetail,
    TicketStub,
    chain_line,
    is_over,
    other_offers,
)

_AVAILABILITY = {
    Availability.AVAILABLE: "InStock",
    Availability.LOCKED: "Reserved",
    Availability.SOLD: "SoldOut",
    Availability.PAUSED: "OutOfStock",
    Availability.WITHDRAWN: "Discontinued",
}


async def load_ticket(_query: QueryParams, *, ticket_id: UUID) -> PageContent:
    # Without a viewer: a seller's page loads its data again with the cookie.
    page = await transactions.in_transaction(
        queries.load_ticket_page, ticket_id=ticket_id, viewer_id=None
    )
    page = await queries.add_night(page, viewer_id=None)
    ticket = page.ticket
    plain = TicketDetail.from_ticket_for(ticket, None, page.listing)
    detail = replace(plain, chain_line=chain_line(page.chain, utc_now()))
    metadata = PageMetadata(
        title=ticket.title,
        description=detail.share_line,
        path=routes.ticket_detail(ticket_id),
        category=detail.category,
        canonical=routes.event_detail(page.night.event.slug) if page.night else "",
        event=_schema_org_event(ticket, detail.share_line),
    )
    html = static_html.render(_content(page, detail))
    times = (ticket.locked_until, find_next_change(page.night.offers) if page.night else None)
    until = min(filter(None, times), default=None)
    return PageContent(metadata=metadata, html=html, read=_read(page), until=until)


def _read(page: TicketDetailPage) -> Keys:
    """Return the keys of what the page shows."""
    if page.night is None or page.chain is not None:
        # Tickets that are similar and available; sales, gifts and deliveries of all listings of its seat.
        return changes.keys(changes.ANYTHING)
    seat_ids = [seat.ticket_id for seat in page.listing.seats] if page.listing else []
    event_ids = [event.id for event in (page.night.event, *page.night.other_dates)]
    return changes.keys(page.ticket.id, page.ticket.listing_id, *seat_ids, *event_ids)


def _content(page: TicketDetailPage, detail: TicketDetail) -> rx.Component:
    stubs = [TicketStub.from_ticket(other) for other in page.similar]
    if page.night is None:
        return static_ticket(detail, stubs, NightView(), [], [])
    # Only the page in the browser follows changes.
    of_night = page.night
    summaries = of_night.summaries
    head = EventHead.from_event(of_night.event, summaries[of_night.event.id], seen_at=0)
    others = make_cards(of_night.other_dates, summaries, today=utc_now().date(), seen_at=0)
    night = NightView.from_event(head, own_left=page.own_left, has_other_dates=bool(others))
    offers = other_offers(of_night.offers, page.ticket, None)
    return static_ticket(detail, stubs, night, offers, others)


async def check_ticket(_query: QueryParams, *, ticket_id: UUID) -> PageContent:
    # The form is private to its seller, but the existence of the ticket is public.
    await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
    return PageContent()


def _schema_org_event(ticket: TicketRead, description: str) -> dict[str, Any]:
    """Return the ticket as an event with an offer in the vocabulary of schema.org."""
    url = absolute(routes.ticket_detail(ticket.id))
    facts = {
        "@context": "https://schema.org",
        "@type": EVENT_TYPES.get(ticket.category or "", "Event"),
        "name": ticket.title,
        "description": ticket.description or description,
        "url": url,
        "image": absolute(routes.share_image(ticket.category or DEFAULT_CATEGORY)),
        "eventStatus": "https://schema.org/EventScheduled",
        "location": _place(ticket),
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": f"{ticket.price_cents / 100:.2f}",
            "priceCurrency": ticket.currency.upper(),
            "availability": f"https://schema.org/{_availability(ticket)}",
            "validFrom": ticket.created_at.isoformat(),
        },
    }
    if ticket.starts_at and ticket.timezone:
        facts["startDate"] = ticket.starts_at.astimezone(ZoneInfo(ticket.timezone)).isoformat()
    return {name: value for name, value in facts.items() if value}


def _availability(ticket: TicketRead) -> str:
    return "OutOfStock" if is_over(ticket) else _AVAILABILITY[ticket.status]


def _place(ticket: TicketRead) -> dict[str, Any] | None:
    name = ticket.venue or ticket.city
    if not name:
        return None
    address = {"@type": "PostalAddress", "addressLocality": ticket.city} if ticket.city else name
    return {"@type": "Place", "name": name, "address": address}
