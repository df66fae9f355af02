"""The form that sells tickets of a paid order again: its values and sentences."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.money import MAXIMUM_CENTS
from ticketing_app.tickets.rules import Place, seats_line
from ticketing_app.tickets.schemas.listings import ListingCreate
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service.listings import TOTAL_TOO_HIGH
from ticketing_app.ui import transactions
from ticketing_app.ui.listings.split import SplitChoice
from ticketing_app.ui.listings.views import NO_SEAT
from ticketing_app.ui.sell.form import NOT_A_FORM, by_field
from ticketing_app.ui.tickets.views import parse_price

SEATS = "seats"
NONE_CHOSEN = "Choose at least one ticket."
# A checkbox per ticket; the form has no two fields of one name.
TICKET = "ticket-"
_TEXTS = ("price", "description", "split", "sideBySide")


@dataclass(frozen=True)
class BoughtSeat:
    """A ticket to choose."""

    id: str = ""
    name: str = ""
    label: str = ""

    @classmethod
    def from_ticket(cls, ticket: TicketRead) -> "BoughtSeat":
        return cls(str(ticket.id), f"{TICKET}{ticket.id}", seat_of(ticket))


@dataclass(frozen=True)
class RelistForm:
    """The ids of the chosen tickets, and the other fields as text."""

    ticket_ids: frozenset[str]
    price: str = ""
    description: str = ""
    split: str = ""
    side_by_side: str = ""


def read_form(form: object) -> RelistForm:
    """Raises InvalidInputError: not this form."""
    if not isinstance(form, dict):
        raise InvalidInputError([(None, NOT_A_FORM)])
    texts = [form.get(name) or "" for name in _TEXTS]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInputError([(None, NOT_A_FORM)])
    names = (name for name, value in form.items() if value and isinstance(name, str))
    chosen = frozenset(name.removeprefix(TICKET) for name in names if name.startswith(TICKET))
    return RelistForm(chosen, *(text.strip() for text in texts))


def without_defaults(form: RelistForm, edited: Collection[str]) -> RelistForm:
    """Drop the answers that the page suggests: a default changes with the number of tickets."""
    return replace(
        form,
        split=form.split if "split" in edited else "",
        side_by_side=form.side_by_side if "sideBySide" in edited else "",
    )


def fields_of(names: Collection[str]) -> set[str]:
    """Return the fields with a problem of their own; that of a ticket is one of all."""
    return {SEATS if name.startswith(TICKET) else name for name in names} & {SEATS, *_TEXTS}


def read_values(form: RelistForm, choice: SplitChoice) -> dict[str, Any]:
    """Return the fields of `ListingCreate` that the seller decides."""
    price = {"price": parse_price(form.price)} if form.price else {}
    return price | {"description": form.description or None, **choice.values()}


def check(form: RelistForm, choice: SplitChoice) -> dict[str, str]:
    """Return the problems by field."""
    problems = {} if form.ticket_ids else {SEATS: NONE_CHOSEN}
    values = read_values(form, choice) | {"title": "x", "quantity": 1}
    try:
        listing = transactions.parse(ListingCreate, values)
    except InvalidInputError as error:
        return problems | by_field(error)
    if listing.price_cents * len(form.ticket_ids) > MAXIMUM_CENTS:
        problems["price"] = TOTAL_TOO_HIGH
    return problems


def relisting(tickets: Sequence[TicketRead]) -> dict[str, Any]:
    """Return the fields of `ListingCreate` that follow from bought tickets."""
    first = tickets[0]
    of_event = ("title", "category", "venue", "city", "timezone")
    return {
        **{name: getattr(first, name) for name in of_event if getattr(first, name)},
        "startsAt": first.starts_at and first.starts_at.isoformat(),
        "eventId": first.event_id and str(first.event_id),
        "seats": [place_of(ticket)._asdict() for ticket in tickets],
        "previousTicketIds": [str(ticket.id) for ticket in tickets],
    }


def split_of(places: Mapping[str, Place], form: RelistForm) -> SplitChoice:
    """Return the answers on how the chosen tickets may be sold; `places` are those of all, by their ids."""
    chosen = [place for ticket_id, place in places.items() if ticket_id in form.ticket_ids]
    return SplitChoice.of(chosen, form.split, form.side_by_side)


def place_of(ticket: TicketRead) -> Place:
    return Place(ticket.section, ticket.row, ticket.seat)


def left_out_line(ticket: TicketRead, reason: str) -> str:
    return f"{seat_of(ticket)}: {reason}"


def seat_of(ticket: TicketRead) -> str:
    return seats_line([place_of(ticket)]) or NO_SEAT
