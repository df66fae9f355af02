"""Demo data: events, listings and three accounts for a fresh installation."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import cycle, zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.accounts.schemas import UserCreate, UserRead
from ticketing_app.accounts.service import addresses, registration, tokens
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.events.schemas import EventCreate, VenueCreate
from ticketing_app.events.service import city_data, curation, events
from ticketing_app.orders.service import event_cancellation
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.schemas.tickets import TicketCreate
from ticketing_app.tickets.service import listings, tickets

EMAILS = ("ana@gittix.test", "ben@gittix.test", "cleo@gittix.test")
PASSWORD = "curtain-call"  # noqa: S105  # Public, in the README; production refuses the accounts.
SOURCE = Path(__file__).with_name("demo.toml")
LARGEST_EVENT = 100
# Of a listing, before its state and the method of its delivery.
COLUMNS = 6


class MarketNotEmptyError(AppError):
    message = "There are tickets already, and demo data are not mixed with them."


class State(StrEnum):
    """State of a listing, or of the order of all its tickets."""

    FOR_SALE = "for_sale"
    PAUSED = "paused"
    HELD = "held"
    PAID = "paid"
    REFUNDED = "refunded"  # The first ticket of the order only.
    LATE = "late"  # Paid, and the seller's time is over.
    RESOLD = "resold"  # Paid, and for sale again, unopened.


class Row(NamedTuple):
    """A listing of an event, which needs its id; without a method the seller sends it unchecked."""

    listing: ListingCreate
    state: State
    method: DeliveryMethod | None


class Show(NamedTuple):
    event: EventCreate
    rows: list[Row]
    is_cancelled: bool
    is_sold_out: bool


class Listed(NamedTuple):
    """A listing to which a promise, an order of all its tickets, or both are added."""

    listing: ListingRead
    state: State
    method: DeliveryMethod | None


class Plan(NamedTuple):
    shows: list[Show]
    loose: list[TicketCreate]


class Seeded(NamedTuple):
    """The accounts, the number of their tickets, and what to promise and sell."""

    accounts: list[UserRead]
    tickets: int
    sold_out: list[UUID]
    listed: list[Listed]


async def _confirm(session: AsyncSession, user: UserRead) -> None:
    secret = await tokens.issue(
        session, user_id=user.id, purpose=TokenPurpose.CONFIRM, facts={"email": user.email}
    )
    await addresses.confirm(session, secret=secret)


async def seed(session: AsyncSession) -> Seeded:
    """Add the accounts and their listings to an empty market.

    Raises:
        MarketNotEmptyError: any ticket exists, for sale or not.
        EmailInUseError: an address of the demo has an account.
    """
    if await tickets.has_any(session):
        raise MarketNotEmptyError
    sellers = [
        await registration.sign_up(session, user=UserCreate(email=email, password=PASSWORD))
        for email in EMAILS
    ]
    # One address is left for the account page to ask about.
    for user in sellers[:-1]:
        await _confirm(session, user)
    demo = plan(utc_now().date())
    venues = [show.event.venue for show in demo.shows]
    await city_data.load_cities(session, only={venue.city_id for venue in venues if venue})
    turns = cycle(seller.id for seller in sellers)
    event_ids = [
        await _create_event(session, creator_id, show.event)
        for show, creator_id in zip(demo.shows, turns, strict=False)
    ]
    for ticket, seller_id in zip(demo.loose, turns, strict=False):
        await tickets.create_ticket(session, seller_id=seller_id, ticket=ticket)
    listed = await _create_listings(session, demo.shows, event_ids, turns)
    sold_out: list[UUID] = []
    for show, event_id in zip(demo.shows, event_ids, strict=True):
        if show.is_cancelled:
            await curation.cancel_event(session, event_id=event_id)
            await event_cancellation.cancel_batch(session, event_id=event_id, limit=LARGEST_EVENT)
        if show.is_sold_out:
            sold_out.append(event_id)
    count = sum(row.listing.count for show in demo.shows for row in show.rows)
    return Seeded(sellers, count + len(demo.loose), sold_out, listed)


async def _create_event(session: AsyncSession, creator_id: UUID, event: EventCreate) -> UUID:
    found = await events.find_or_create_event(session, creator_id=creator_id, event=event)
    return found.event.id


async def _create_listings(
    session: AsyncSession, shows: list[Show], event_ids: list[UUID], seller_ids: Iterator[UUID]
) -> list[Listed]:
    """Add the listings of the shows; return those that are promised or sold afterwards."""
    listed: list[Listed] = []
    for (event_id, row), seller_id in zip(_in_turn(shows, event_ids), seller_ids, strict=False):
        listing = row.listing.model_copy(update={"event_id": event_id})
        made = await listings.create_listing(session, seller_id=seller_id, listing=listing)
        if row.state is State.PAUSED:
            await listings.pause_listing(session, seller_id=seller_id, listing_id=made.id)
        elif row.method or row.state is not State.FOR_SALE:
            listed.append(Listed(made, row.state, row.method))
    return listed


def _in_turn(shows: list[Show], event_ids: list[UUID]) -> Iterator[tuple[UUID, Row]]:
    """Yield the first listing of each event, then the second ones: the list mixes the events."""
    of_events = [
        [(event_id, row) for row in show.rows]
        for show, event_id in zip(shows, event_ids, strict=True)
    ]
    for round_ in zip_longest(*of_events):
        yield from (row for row in round_ if row)


def plan(today: date) -> Plan:
    source = tomllib.loads(SOURCE.read_text(), parse_float=Decimal)
    shows = [_show(event, source, today) for event in source["events"]]
    return Plan(shows, [_loose_ticket(ticket, today) for ticket in source["tickets"]])


def _show(event: dict[str, Any], source: dict[str, Any], today: date) -> Show:
    city_id = source["cities"][source["venues"][event["venue"]]]
    described = EventCreate(
        title=event["title"],
        category=event["category"],
        starts_local=_local_start(event, today),
        venue=VenueCreate(name=event["venue"], city_id=city_id),
    )
    return Show(
        described,
        [_row(event, *values) for values in event["listings"]],
        event.get("is_cancelled", False),
        event.get("is_sold_out", False),
    )


def _row(event: dict[str, Any], *values: Any) -> Row:  # noqa: ANN401  # the columns of the file.
    state, method = (*values[COLUMNS:], "", "")[:2]
    return Row(
        _listing(event, *values[:COLUMNS]),
        State(state or State.FOR_SALE),
        DeliveryMethod(method) if method else None,
    )


def _listing(  # the columns of the file.
    event: dict[str, Any],
    section: str,
    row: str,
    seats: str,
    price: Decimal,
    face_value: Decimal,
    split: str,
) -> ListingCreate:
    names = seat_names(seats)
    values: dict[str, Any] = {"price": price, "faceValue": face_value or None}
    values |= {"section": section or None, "row": row or None, "split": split or "any"}
    values |= {"description": event["description"], "sideBySide": len(names) > 1}
    if names:
        values["seats"] = [{"seat": name} for name in names]
    else:
        values["quantity"] = int(seats.removeprefix("x") or 1)
    return ListingCreate.model_validate(values)


def seat_names(seats: str) -> list[str]:
    """Return the names of "12-15", "C-D" or "7"; none for "x2" and ""."""
    if not seats or re.fullmatch(r"x\d+", seats):
        return []
    first, _, last = seats.partition("-")
    if not last:
        return [first]
    if first.isdigit():
        return [str(number) for number in range(int(first), int(last) + 1)]
    return [chr(letter) for letter in range(ord(first), ord(last) + 1)]


def _loose_ticket(ticket: dict[str, Any], today: date) -> TicketCreate:
    values = {name: ticket[name] for name in ticket if name not in {"days", "time"}}
    if "days" in ticket:
        zone = ZoneInfo(ticket["timezone"])
        values["startsAt"] = _local_start(ticket, today).replace(tzinfo=zone)
    return TicketCreate.model_validate(values)


def _local_start(row: dict[str, Any], today: date) -> datetime:
    return datetime.combine(today + timedelta(days=row["days"]), time.fromisoformat(row["time"]))
