"""Tickets, events and amounts in letters, written as on the pages."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.notices.letter import Stub
from ticketing_app.notices.views.facts import About, EventFacts, OrderFacts, TicketFacts
from ticketing_app.tickets.rules import seats_line


def counted(quantity: int) -> str:
    return "1 ticket" if quantity == 1 else f"{formatting.format_number(quantity)} tickets"


def called(order: OrderFacts | About) -> str:
    """Return the tickets in a sentence: "2 tickets for The Paper Lanterns"."""
    return (
        f"{counted(order.quantity)} for {order.title}" if order.title else counted(order.quantity)
    )


def amount(cents: int, currency: str) -> str:
    return formatting.format_amount(cents, currency, to_the_cent=True)


def order_stub(order: OrderFacts) -> Stub | None:
    """Return the tickets as one stub; none if the reader must not see the words of another user."""
    if not order.tickets:
        return None
    first = order.tickets[0]
    seats = seats_line(order.tickets) or (counted(order.quantity) if order.quantity > 1 else "")
    # On a phone the line breaks between row and seats, not within.
    seats = " · ".join(part.replace(" ", "\u00a0") for part in seats.split(" · "))
    price = formatting.format_amount(order.price_cents, order.currency)
    return _stub(first.category, first.title, _local(first), place_of(first), seats, price)


def ticket_stub(ticket: TicketFacts) -> Stub:
    """Return a ticket without its price."""
    place = place_of(ticket)
    return _stub(ticket.category, ticket.title, _local(ticket), place, seats_line([ticket]))


def tickets_stub(tickets: Sequence[TicketFacts]) -> Stub:
    """Return tickets of one event without their prices."""
    first = tickets[0]
    return _stub(first.category, first.title, _local(first), place_of(first), seats_line(tickets))


def event_stub(event: EventFacts) -> Stub:
    return _stub(event.category, event.title, _local(event), place_of(event))


def price_rows(order: OrderFacts) -> tuple[tuple[str, str], ...]:
    """Return the rows of a receipt: the number of tickets by price, and the total."""
    prices = Counter(ticket.price_cents for ticket in order.tickets)
    parts = (f"{count} \u00d7 {amount(cents, order.currency)}" for cents, count in prices.items())
    total = ("Total", amount(order.price_cents, order.currency))
    if order.quantity == 1 or not prices:
        return (total,)
    return ("Tickets", " + ".join(parts)), total


def order_path(about: About) -> str:
    return routes.order_detail(about.order_id) if about.order_id else routes.ORDER_LIST


def when(event: EventFacts, at: datetime) -> str:
    """Return a start in the time zone of the venue, like "Sat, Dec 12, 2026, 8:00 PM"."""
    return formatting.format_event_start(at.astimezone(ZoneInfo(event.timezone)))


def _local(facts: TicketFacts | EventFacts) -> datetime | None:
    return facts.starts_at.astimezone(ZoneInfo(facts.timezone)) if facts.starts_at else None


def place_of(facts: TicketFacts | EventFacts) -> str:
    return ", ".join(filter(None, (facts.venue, facts.city)))


def _stub(
    category: str, title: str, at: datetime | None, place: str, seats: str = "", price: str = ""
) -> Stub:
    month, day, weekday = formatting.date_parts(at) if at else ("", "", "")
    time = formatting.format_clock(at) if at else ""
    lines = (" · ".join(filter(None, (time, place))), seats)
    return Stub(category, month, day, weekday, title, tuple(filter(None, lines)), price)
