"""Reads and writes of the sell form, each in the caller's transaction."""

from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import http
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.events.rules import EventStatus, is_listable, start_of
from ticketing_app.events.schemas import CityRead, EventCreate, EventRead, VenueRead
from ticketing_app.events.service import cities, events, venues
from ticketing_app.events.service.cities import CityNotFoundError
from ticketing_app.events.service.events import EventNotFoundError, EventNotListableError
from ticketing_app.events.service.venues import VenueNotFoundError
from ticketing_app.orders.service import queries as orders
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import DeliveryMethod, has_begun
from ticketing_app.tickets.schemas.listings import (
    DraftRead,
    DraftUpdate,
    ListingCreate,
    ListingRead,
)
from ticketing_app.tickets.schemas.prices import EventPrices, PriceQuestion
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import drafts, prices, tickets
from ticketing_app.ui import transactions
from ticketing_app.ui.sell.form import (
    SellForm,
    by_field,
    event_gaps,
    read_event,
    read_listing,
    read_seats,
)
from ticketing_app.ui.sell.promise import file_ids, join_ids, promise_of
from ticketing_app.ui.sell.relist import (
    RelistForm,
    check,
    place_of,
    read_values,
    relisting,
    split_of,
)
from ticketing_app.ui.sell.views import EventFacts
from ticketing_app.ui.transactions import Session
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import reading


class Listed(NamedTuple):
    """Tickets that are for sale now."""

    slug: str
    tickets: int


class TicketsChangedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "One of these tickets cannot be sold again any more. The others are still here."


class RelistPage(NamedTuple):
    """Tickets of an order that can be sold again, and the others with the reason."""

    first: TicketRead
    tickets: list[TicketRead]
    left_out: list[tuple[TicketRead, str]]
    facts: EventFacts | None  # Of their event.
    files: list[FileRead]


class Relisted(NamedTuple):
    """A listing of bought tickets; without an event, `slug` is empty."""

    listing: ListingRead
    slug: str


class Place(NamedTuple):
    name: str
    city: str
    timezone: str


@dataclass(frozen=True)
class Draft:
    """The form as saved; version 0 without a draft. `files` are its tickets that are still kept."""

    form: SellForm
    version: int
    files: tuple[FileRead, ...] = ()


@dataclass(frozen=True)
class Suggestions:
    """Results of a search by the words typed so far."""

    events: list[EventRead]
    venues: list[VenueRead]
    cities: list[CityRead]


async def load_draft(session: Session, *, user_id: UUID) -> Draft:
    found = await drafts.get_draft(session, user_id=user_id)
    if found is None:
        return Draft(SellForm(), 0)
    return await _draft(session, user_id, found)


async def _draft(session: Session, user_id: UUID, saved: DraftRead) -> Draft:
    form = SellForm.from_fields(saved.fields)
    files = await load_files(session, user_id=user_id, ids=file_ids(form))
    return Draft(
        replace(form, files=join_ids([file.id for file in files])), saved.version, tuple(files)
    )


async def load_files(session: Session, *, user_id: UUID, ids: list[UUID]) -> list[FileRead]:
    """Return the files of this owner, in order; uploads without a listing are kept for a day."""
    found = await reading.describe(session, file_ids=ids) if ids else {}
    files = (found.get(file_id) for file_id in ids)
    return [file for file in files if file and file.owner_id == user_id and not file.is_erased]


async def add_files(session: Session, *, user_id: UUID, ids: list[UUID], price: str) -> Draft:
    """Save these uploads in the draft, and the price that they say where none was typed."""
    files = await load_files(session, user_id=user_id, ids=ids)
    form = (await load_draft(session, user_id=user_id)).form
    changes = {"files": join_ids([file.id for file in files]), "delivery": DeliveryMethod.FILE}
    if price:
        changes["fileValue"] = price
        changes["faceValue"] = form.faceValue or price
    return await save_draft(session, user_id=user_id, changes=changes)


async def start_with_files(
    session: Session,
    *,
    user_id: UUID,
    ids: list[UUID],
    price: str,
    found: dict[str, str],
    earlier: dict[str, str],
) -> Draft:
    """Save these uploads, and their facts in fields that are empty or have an earlier suggestion."""
    draft = await add_files(session, user_id=user_id, ids=ids, price=price)
    changes = {
        name: text
        for name, text in found.items()
        if getattr(draft.form, name) in {"", earlier.get(name)}
    }
    if draft.files:
        changes["quantity"] = f"{len(draft.files)}"
    return await save_draft(session, user_id=user_id, changes=changes)


async def undo_found(session: Session, *, user_id: UUID, found: dict[str, str]) -> Draft:
    """Clear the suggestions that were not changed since."""
    form = (await load_draft(session, user_id=user_id)).form
    changes = {name: "" for name, text in found.items() if getattr(form, name) == text}
    return await save_draft(session, user_id=user_id, changes=changes)


async def remove_file(session: Session, *, user_id: UUID, file_id: str) -> Draft:
    """Take an upload out of the draft; it is erased like others without a listing."""
    form = (await load_draft(session, user_id=user_id)).form
    kept = [each for each in file_ids(form) if str(each) != file_id]
    return await save_draft(session, user_id=user_id, changes={"files": join_ids(kept)})


async def save_draft(session: Session, *, user_id: UUID, changes: dict[str, str]) -> Draft:
    """Save these fields; raises InvalidInputError for text that cannot be stored."""
    update = transactions.parse(DraftUpdate, {"fields": changes})
    saved = await drafts.save_draft(session, user_id=user_id, update=update)
    return await _draft(session, user_id, saved)


async def suggest(session: Session, *, form: SellForm, names: frozenset[str]) -> Suggestions:
    """Search by the words in these fields."""
    words = {name: getattr(form, name).strip() for name in names}
    return Suggestions(
        await _upcoming(session, words.get("name", "")),
        await venues.suggest_venues(session, text=words.get("venue", "")),
        await cities.suggest_cities(session, text=words.get("city", "")),
    )


async def _upcoming(session: Session, text: str) -> list[EventRead]:
    found = await events.suggest_events(session, text=text)
    return [event for event in found if is_listable(event.status, event.starts_at, utc_now())]


async def find_facts(session: Session, form: SellForm) -> EventFacts | None:
    """Return the event of the draft, existing or new; None if it is incomplete, over or gone."""
    with suppress(InvalidInputError, AppError):
        if form.eventId:
            event_id = http.parse_id(form.eventId, EventNotFoundError)
            return await get_facts(session, event_id=event_id)
        return await _new_facts(session, form)
    return None


async def get_facts(session: Session, *, event_id: UUID) -> EventFacts:
    """Raises EventNotFoundError, or EventNotListableError if the event was cancelled or has begun."""
    event = await events.get_event(session, event_id=event_id)
    if not is_listable(event.status, event.starts_at, utc_now()):
        raise EventNotListableError(event.status)
    return EventFacts.from_event(event)


async def check_event(session: Session, form: SellForm) -> dict[str, str]:
    """Return the problems of a new event, by field."""
    if gaps := event_gaps(form):
        return gaps
    try:
        facts = await _new_facts(session, form)
    except InvalidInputError as error:
        return by_field(error)
    except VenueNotFoundError as error:
        return {"venue": error.message}
    except CityNotFoundError as error:
        return {"city": error.message}
    if facts.starts_at <= utc_now():
        return {"date": "The event must lie ahead."}
    return {}


async def _new_facts(session: Session, form: SellForm) -> EventFacts:
    wanted = transactions.parse(EventCreate, read_event(form))
    place = await _place(session, wanted)
    start = start_of(wanted.starts_local, place.timezone)
    return EventFacts(
        wanted.title,
        wanted.category,
        start.local,
        start.at,
        place.name,
        place.city,
        place.timezone,
    )


async def _place(session: Session, wanted: EventCreate) -> Place:
    if wanted.venue_id:
        venue = await venues.get_venue(session, venue_id=wanted.venue_id)
        return Place(venue.name, venue.city, venue.timezone)
    new = wanted.venue
    if new is None:
        raise VenueNotFoundError
    city = await cities.get_city(session, city_id=new.city_id)
    return Place(new.name, city.name, city.timezone)


async def load_prices(
    session: Session, *, seller_id: UUID, form: SellForm, facts: EventFacts
) -> EventPrices:
    """Return prices of the event; those of similar tickets for a new one."""
    if form.eventId:
        event_id = http.parse_id(form.eventId, EventNotFoundError)
        return await prices.find_event_prices(session, seller_id=seller_id, event_id=event_id)
    asked = PriceQuestion(title=facts.title, category=facts.category, city=facts.city)
    hint = await prices.find_price_hint(session, seller_id=seller_id, asked=asked)
    return EventPrices(lowest_cents=None, usual=hint)


async def list_draft(session: Session, *, caller: Caller, version: int) -> Listed:
    """List the tickets of the draft, with its event if that is new, and delete the draft.

    Raises StaleDraftError, InvalidInputError, and the errors of `require_proof` and `sell_listing`.
    """
    taken = await drafts.take_draft(session, user_id=caller.user_id, version=version)
    form = SellForm.from_fields(taken.fields)
    event = {"eventId": form.eventId} if form.eventId else {"event": read_event(form)}
    values = read_listing(form, read_seats(form)) | event
    wanted = transactions.parse(ListingCreate, values)
    promised = wanted.model_copy(update={"delivery": promise_of(form)})
    await sell.require_proof(session, caller=caller, listed=[promised])
    listing = await sell.sell_listing(session, seller_id=caller.user_id, listing=promised)
    if listing.event_id is None:
        raise EventNotFoundError
    listed_for = await events.get_event(session, event_id=listing.event_id)
    return Listed(listed_for.slug, len(listing.seats))


async def load_relist_page(session: Session, *, owner_id: UUID, order_id: UUID) -> RelistPage:
    """Return the tickets of the buyer's own order; raises OrderNotFoundError and the errors of `get_facts`."""
    order = await orders.get_order(session, buyer_id=owner_id, order_id=order_id)
    ids = [item.ticket.id for item in order.items]
    found = {
        ticket.id: ticket
        for ticket in await tickets.list_by_ids(session, ticket_ids=ids, viewer_id=owner_id)
    }
    refusals = await sell.list_refusals(session, owner_id=owner_id, ticket_ids=ids)
    first = found[ids[0]]
    if has_begun(first.starts_at, utc_now()):
        raise EventNotListableError(EventStatus.SCHEDULED)
    facts = await get_facts(session, event_id=first.event_id) if first.event_id else None
    own = [found[ticket_id] for ticket_id in ids if ticket_id not in refusals]
    left_out = [(found[ticket_id], reason) for ticket_id, reason in refusals.items()]
    files = await sell.describe_files(
        session, owner_id=owner_id, ticket_ids=[ticket.id for ticket in own]
    )
    return RelistPage(first, own, left_out, facts, files)


async def relist(session: Session, *, caller: Caller, order_id: UUID, form: RelistForm) -> Relisted:
    """List tickets of the buyer's own order as one listing.

    Raises TicketsChangedError, InvalidInputError, and the errors of `load_relist_page`, `require_proof` and
    `sell_listing`.
    """
    page = await load_relist_page(session, owner_id=caller.user_id, order_id=order_id)
    chosen = [ticket for ticket in page.tickets if str(ticket.id) in form.ticket_ids]
    if len(chosen) < len(form.ticket_ids):
        raise TicketsChangedError
    choice = split_of({str(ticket.id): place_of(ticket) for ticket in chosen}, form)
    if problems := check(form, choice):
        raise InvalidInputError(list(problems.items()))
    wanted = transactions.parse(ListingCreate, relisting(chosen) | read_values(form, choice))
    await sell.require_proof(session, caller=caller, listed=[wanted])
    listing = await sell.sell_listing(session, seller_id=caller.user_id, listing=wanted)
    if listing.event_id is None:
        return Relisted(listing, "")
    return Relisted(listing, (await events.get_event(session, event_id=listing.event_id)).slug)
