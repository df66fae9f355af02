"""Metadata in the <head> of a document: title, Open Graph, schema.org."""

import html
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.ui.tickets.views import is_over

IMAGE_WIDTH = 1200
IMAGE_HEIGHT = 630
DEFAULT_CATEGORY = "other"
_EVENT_TYPES = {
    "concert": "MusicEvent",
    "sports": "SportsEvent",
    "theatre": "TheaterEvent",
    "comedy": "ComedyEvent",
    "festival": "Festival",
}
_AVAILABILITY = {
    Availability.AVAILABLE: "InStock",
    Availability.LOCKED: "Reserved",
    Availability.SOLD: "SoldOut",
    Availability.PAUSED: "OutOfStock",
    Availability.WITHDRAWN: "Discontinued",
}
# "</script" inside the JSON would end the script element; JSON reads these escapes as the characters.
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@dataclass(frozen=True)
class PageMetadata:
    """Metadata of a page: its title without the brand, and schema.org data in `event`."""

    title: str
    description: str
    path: str
    category: str = DEFAULT_CATEGORY
    event: dict[str, Any] | None = None

    def render(self) -> str:
        brand = get_settings().brand_name
        image = absolute(routes.share_image(self.category))
        tags = [
            render_title(self.title),
            _meta("name", "description", self.description),
            f'<link href="{html.escape(absolute(self.path))}" rel="canonical"/>',
            *(
                _meta("property", f"og:{key}", value)
                for key, value in {
                    "site_name": brand,
                    "type": "website",
                    "title": self.title,
                    "description": self.description,
                    "url": absolute(self.path),
                    "image": image,
                    "image:width": str(IMAGE_WIDTH),
                    "image:height": str(IMAGE_HEIGHT),
                    "image:alt": brand,
                }.items()
            ),
            _meta("name", "twitter:card", "summary_large_image"),
            _meta("name", "twitter:title", self.title),
            _meta("name", "twitter:description", self.description),
            _meta("name", "twitter:image", image),
        ]
        if self.event:
            data = json.dumps(self.event).translate(_IN_SCRIPT)
            tags.append(f'<script type="application/ld+json">{data}</script>')
        return "".join(tags)


def render_title(title: str) -> str:
    return f"<title>{html.escape(title + brand_suffix())}</title>"


def brand_suffix() -> str:
    return f" | {get_settings().brand_name}"


def absolute(path: str) -> str:
    return get_settings().public_url.rstrip("/") + path


def schema_org_event(ticket: TicketRead, description: str) -> dict[str, Any]:
    """Return the ticket as an event with an offer in the vocabulary of schema.org."""
    url = absolute(routes.ticket_detail(ticket.id))
    facts = {
        "@context": "https://schema.org",
        "@type": _EVENT_TYPES.get(ticket.category or "", "Event"),
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


def _meta(kind: str, name: str, content: str) -> str:
    # Attributes in React's order, because React finds its own tags by their text.
    return f'<meta content="{html.escape(content)}" {kind}="{name}"/>'
