"""What My Listings shows: plain values, and every sentence that carries one."""

from dataclasses import dataclass
from datetime import datetime

from ticketing_app import routes
from ticketing_app.core import money
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import OwnTicketRead
from ticketing_app.ui.tickets.views import TicketStub

STATE_LABELS = {
    Availability.AVAILABLE: "For sale",
    Availability.LOCKED: "Being bought",
    Availability.SOLD: "Sold",
    Availability.WITHDRAWN: "Withdrawn",
}
GIVEN_BACK = "The sale was refunded: the ticket is yours again."


@dataclass(frozen=True)
class ListingRow:
    """A listing in the list of one's own. Instants are ISO 8601 in UTC; `now` is the server's time."""

    id: str = ""
    href: str = ""
    title: str = ""
    facts: str = ""
    price: str = ""
    status: str = ""
    state_label: str = ""
    note: str = ""
    deadline: str = ""
    now: str = ""
    edit_href: str = ""
    resale_href: str = ""
    edit_label: str = ""
    withdraw_label: str = ""

    @classmethod
    def from_ticket(
        cls, ticket: OwnTicketRead, now: datetime, *, can_relist: bool = False
    ) -> "ListingRow":
        stub = TicketStub.from_ticket(ticket)
        can_change = ticket.status is Availability.AVAILABLE
        return cls(
            id=stub.id,
            href=stub.href,
            title=stub.title,
            facts=" · ".join(part for part in (stub.when, stub.place, stub.seat) if part),
            price=stub.price,
            status=stub.status,
            state_label=STATE_LABELS[ticket.status],
            note=GIVEN_BACK if can_relist else note(ticket),
            deadline=ticket.locked_until.isoformat() if ticket.locked_until else "",
            now=now.isoformat(),
            edit_href=routes.ticket_edit(ticket.id) if can_change else "",
            resale_href=routes.ticket_resale(ticket.id) if can_relist else "",
            edit_label=f"Edit {stub.title}",
            withdraw_label=f"Withdraw {stub.title}",
        )


def note(ticket: OwnTicketRead) -> str:
    """Say since when it stands there, or when it was sold and for how much."""
    listed = f"Listed {_day(ticket.created_at)}"
    if ticket.status is not Availability.SOLD:
        return listed
    price = money.to_text(ticket.price_cents, ticket.currency)
    return f"Sold {_day(ticket.sold_at)} for {price}" if ticket.sold_at else f"Sold for {price}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
