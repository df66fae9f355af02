"""Values and sentences of the sell form in steps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.events.schemas import CityRead, EventRead, VenueRead
from ticketing_app.tickets.rules import Split, seats_line
from ticketing_app.tickets.schemas.prices import EventPrices
from ticketing_app.ui.listings.split import SplitChoice, listed, split_line
from ticketing_app.ui.sell.form import SellForm, known_seats, places, read_price, read_split
from ticketing_app.ui.tickets.views import CATEGORY_LABELS, TicketStub

NONE_FOUND = "No event with these words yet. Add it below."


class EventFacts(NamedTuple):
    """An event that exists, or that the draft describes."""

    title: str
    category: str | None
    starts_local: datetime
    starts_at: datetime
    venue: str
    city: str
    timezone: str

    @classmethod
    def from_event(cls, event: EventRead) -> "EventFacts":
        return cls(
            event.title,
            event.category,
            event.starts_local,
            event.starts_at,
            event.venue.name,
            event.venue.city,
            event.venue.timezone,
        )


def event_stub(facts: EventFacts) -> TicketStub:
    month, day, weekday = formatting.date_parts(facts.starts_local)
    category = facts.category or "other"
    return TicketStub(
        title=facts.title,
        category=category,
        category_label=CATEGORY_LABELS[category],
        month=month,
        day=day,
        weekday=weekday,
        when=formatting.format_event_start(facts.starts_local),
        place=f"{facts.venue}, {facts.city}",
    )


@dataclass(frozen=True)
class PlaceOption:
    """A venue or a city to choose."""

    id: str = ""
    label: str = ""
    is_chosen: bool = False


def event_options(events: Iterable[EventRead]) -> list[TicketStub]:
    return [
        replace(
            event_stub(EventFacts.from_event(event)),
            id=str(event.id),
            href=routes.sell_for(event.id),
        )
        for event in events
    ]


def venue_options(venues: Iterable[VenueRead], chosen_id: str) -> list[PlaceOption]:
    return [
        PlaceOption(str(venue.id), f"{venue.name}, {venue.city}", str(venue.id) == chosen_id)
        for venue in venues
    ]


def city_options(cities: Iterable[CityRead], chosen_id: str) -> list[PlaceOption]:
    return [
        PlaceOption(str(city.id), city_label(city), str(city.id) == chosen_id) for city in cities
    ]


def found_line(count: int, text: str) -> str:
    """Return the number of results, for screen readers, too; empty before anything was typed."""
    if not text.strip():
        return ""
    if count == 0:
        return NONE_FOUND
    return "1 event" if count == 1 else f"{count} events"


def city_line(count: int, text: str) -> str:
    """Return that no city was found, empty otherwise."""
    if count or not text.strip():
        return ""
    return "We do not know a city of this name. Try another spelling, or the next bigger city."


def named_line(form: SellForm) -> str:
    """Return the number of tickets and their seats, like "2 tickets: seats 5 and 6"."""
    seats = known_seats(form)
    named = [seat for seat in seats if seat]
    if not named:
        return f"{count_line(len(seats))} without seat numbers"
    return f"{count_line(len(seats))}: {'seat' if len(named) == 1 else 'seats'} {listed(named)}"


def count_line(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"


def all_of(count: int) -> str:
    if count == 2:  # noqa: PLR2004  # a pair
        return "both"
    return f"all {count}"


def scale_line(prices: EventPrices, currency: str) -> str:
    """Return the prices of others, like "Lowest now $62 · usual $68 to $75"."""
    parts: list[str] = []
    if prices.lowest_cents is not None:
        parts.append(f"lowest now {formatting.format_amount(prices.lowest_cents, currency)}")
    if hint := prices.usual:
        low = formatting.format_amount(hint.low_cents, hint.currency)
        high = formatting.format_amount(hint.high_cents, hint.currency)
        parts.append(f"usual {low}" if low == high else f"usual {low} to {high}")
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]


def total_line(form: SellForm, currency: str) -> str:
    """Return the payment and the payout of this price; sellers are not paid out yet."""
    price_cents = read_price(form)
    if price_cents is None:
        return ""
    each, total = amounts(form, price_cents, currency)
    line = f"The buyer pays {each}"
    if (count := len(known_seats(form))) > 1:
        line = f"{line} per ticket, {total} for {all_of(count)}"
    return f"{line}. We take no fee. Payouts to sellers have not started yet."


def amounts(form: SellForm, price_cents: int, currency: str) -> tuple[str, str]:
    """Return the price of one ticket, and of all."""
    total = price_cents * len(known_seats(form))
    return (
        formatting.format_amount(price_cents, currency),
        formatting.format_amount(total, currency),
    )


def offered_stub(facts: EventFacts, form: SellForm, currency: str) -> TicketStub:
    """Return the offer as one row of the page of the event."""
    price, _ = amounts(form, read_price(form) or 0, currency)
    return replace(event_stub(facts), price=price, seat=seats_line(places(form)))


def terms(form: SellForm, currency: str, *, hold_minutes: int) -> list[str]:
    """Return the terms of the offer."""
    each, total = amounts(form, read_price(form) or 0, currency)
    choice = read_split(form)
    locked = (
        f"Whoever presses Purchase has {hold_minutes} minutes to pay. In that time nobody else can "
        f"buy {'the tickets' if choice.count > 1 else 'the ticket'}, and the price stays."
    )
    return [
        f"The buyer pays {each} per ticket and not a cent more. We take no fee.",
        *_split_terms(choice, total),
        locked,
        "Before that you can change the price, pause the sale, or end it, at any time.",
        "Payouts to sellers have not started yet.",
    ]


def _split_terms(choice: SplitChoice, total: str) -> list[str]:
    if not choice.split:
        return []
    everything = all_of(choice.count)
    if choice.split == Split.TOGETHER:
        return [f"You sell {everything} together or not at all, for {total}."]
    rest = ", but never so that one is left over" if choice.split == Split.NO_SINGLE else ""
    return [f"Buyers choose how many they take{rest}: {total} when {everything} are sold."]


def offer_line(form: SellForm, currency: str) -> str:
    """Return number, rule and sum of several tickets, like "2 tickets · Sold both together · $136 in total"."""
    choice = read_split(form)
    _, total = amounts(form, read_price(form) or 0, currency)
    return (
        f"{count_line(choice.count)} · {split_line(choice)} · {total} in total"
        if choice.split
        else ""
    )


def city_label(city: CityRead) -> str:
    parts = (city.name, city.region, city.country)
    return ", ".join(part for part in parts if part)
