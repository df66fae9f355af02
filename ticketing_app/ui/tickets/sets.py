"""Several tickets of a listing in one purchase."""

from dataclasses import dataclass
from uuid import UUID

from ticketing_app.core.formatting import format_amount
from ticketing_app.tickets.rules import Availability, best_seats
from ticketing_app.tickets.schemas.listings import ListingRead, OfferSeat
from ticketing_app.ui.purchases.views import Offer

APART = (
    "The seller does not sell this ticket alone, and the tickets that go with it "
    "are not free right now."
)


@dataclass(frozen=True)
class QuantityChoice:
    """An option of the purchase form."""

    value: str = ""
    label: str = ""


def quantity_choices(listing: ListingRead) -> list[QuantityChoice]:
    """Return the quantities that can be bought, with total and seats; one of them is no choice."""
    if len(listing.quantities) == 1:
        return []
    return [QuantityChoice(str(each), _label(listing, each)) for each in listing.quantities]


def offer_of(listing: ListingRead, ticket_id: UUID) -> Offer:
    """Return what the page of one of its tickets offers."""
    if listing.quantities == [1]:
        return Offer(ticket_id=ticket_id, price_cents=listing.price_cents)
    if len(listing.quantities) == 1:
        [quantity] = listing.quantities
        return Offer(listing_id=listing.id, quantity=quantity, price_cents=listing.price_cents)
    return Offer(listing_id=listing.id, ticket_id=ticket_id, price_cents=listing.price_cents)


def set_line(quantity: int, price_cents: int, currency: str) -> str:
    """Return a price like "2 tickets · $68 each · $136 total"."""
    each = format_amount(price_cents, currency)
    total = format_amount(quantity * price_cents, currency)
    parts = (f"{quantity} tickets", f"{each} each", f"{total} total")
    # A narrow line breaks between the parts only.
    return " · ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def best_of(listing: ListingRead, quantity: int) -> list[OfferSeat]:
    """Return the seats that a purchase of this quantity takes now, in their order."""
    free = [seat for seat in listing.seats if seat.status is Availability.AVAILABLE]
    best = best_seats([seat.position for seat in free], quantity)
    return [seat for seat in free if seat.position in best]


def _label(listing: ListingRead, quantity: int) -> str:
    if quantity == 1:
        return f"1 ticket · {format_amount(listing.price_cents, listing.currency)}"
    names = [seat.seat for seat in best_of(listing, quantity) if seat.seat]
    total = format_amount(quantity * listing.price_cents, listing.currency)
    label = f"{quantity} tickets · {total} total"
    return f"{label} · seats {', '.join(names)}" if len(names) == quantity else label
