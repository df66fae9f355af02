"""Use cases of a single ticket, and functions that the other use cases share."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core import limits
from ticketing_app.core.errors import AppError, TooManyRequestsError
from ticketing_app.core.settings import get_settings
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import events
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import TicketCreated, TicketUpdated
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository import listings, search, seller_listings
from ticketing_app.tickets.repository import tickets as repository
from ticketing_app.tickets.repository.offers import list_by_listing
from ticketing_app.tickets.repository.tickets import TicketRow
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.listings import ListingCreate
from ticketing_app.tickets.schemas.tickets import (
    TicketCreate,
    TicketFields,
    TicketRead,
    TicketUpdate,
)
from ticketing_app.tickets.service import promises

# Copies of the event, which a ticket of an event cannot change.
OF_EVENT = frozenset(
    {"title", "venue", "city", "starts_at", "timezone", "utc_offset_minutes", "category"}
)
# The same for all tickets of a listing.
OF_LISTING = OF_EVENT | {"price_cents", "delivery_method", "issuer", "ready_on"}

Described = TypeVar("Described", TicketCreate, ListingCreate)


class TicketNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this ticket. It may have been taken down."


class TicketWithdrawnError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "The seller took this ticket off sale."


class TicketHasNoDateError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "This ticket has no date, so that there is nothing for a calendar."


class NotTicketSellerError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "Only the seller of this ticket can change it."


class TicketNotChangeableError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, availability: rules.Availability) -> None:
        reasons = {
            rules.Availability.LOCKED: "Somebody is buying this ticket right now, so it cannot be changed. "
            "Try again when the hold is over.",
            rules.Availability.SOLD: "This ticket is sold and can no longer be changed.",
            rules.Availability.PAUSED: "The sale of this ticket is paused. Resume it, then make your change.",
        }
        super().__init__(
            reasons.get(availability, "This ticket was withdrawn and can no longer be changed.")
        )


class TooManyListingsError(TooManyRequestsError):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have {most} tickets for sale, paused ones included, and an account may not have more "
            "at once. Withdraw one that you no longer sell first."
        )


class UnconfirmedListingsError(TooManyRequestsError):
    def __init__(self, most: int) -> None:
        listings = "listing" if most == 1 else "listings"
        super().__init__(
            f"You can have {most} {listings} at a time until your email is confirmed. Open the link "
            "that we mailed you, or have it mailed again on your account page."
        )


class StaleTicketError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket changed while you were editing it. Load it again, then make your change."
    field = "version"


class TicketListedAgainError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket is listed again already. Edit that listing, or withdraw it first."
    field = "previousTicketId"


class SeatListedTwiceError(AppError):
    status = HTTPStatus.CONFLICT
    field = "seat"

    def __init__(self, place: rules.Place) -> None:
        super().__init__(
            f"You are selling this seat already: {rules.describe_seat(*place)}. "
            "Edit that listing, or withdraw it first."
        )


async def get_ticket(
    session: AsyncSession, *, ticket_id: UUID, viewer_id: UUID | None = None
) -> TicketRead:
    """Raises TicketNotFoundError if there is none with this id."""
    row = await repository.get_ticket(session, ticket_id)
    if row is None:
        raise TicketNotFoundError
    return to_read(row, viewer_id)


async def list_by_ids(
    session: AsyncSession, *, ticket_ids: Collection[UUID], viewer_id: UUID | None = None
) -> list[TicketRead]:
    """Return those that exist, in no order."""
    rows = await repository.list_rows(session, ticket_ids)
    return [to_read(row, viewer_id) for row in rows]


async def create_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket: TicketCreate
) -> TicketRead:
    """List a ticket; the caller has checked that the seller owns `previous_ticket_id`.

    Raises:
        EventNotFoundError: no such event.
        EventNotListableError: the event was cancelled, or has begun.
        SeatListedTwiceError: the seller offers this seat of this event already.
        TicketListedAgainError: the previous ticket has another active listing.
        InvalidInputError: the promised delivery does not fit the event.
    """
    described = await copy_event(session, ticket)
    (promised,) = await promises.promise_columns(
        session, seller_id=seller_id, listed=described, count=1
    )
    row = Ticket(
        seller_id=seller_id, currency=get_settings().currency, **columns(described), **promised
    )
    await insert(session, [row])
    return to_read(TicketRow(row, is_locked=False), seller_id)


async def copy_event(session: AsyncSession, described: Described) -> Described:
    """Fill in title, place and time of the event, if there is one; errors as `create_ticket`."""
    if described.event_id is None:
        return described
    event = await events.get_listable(session, event_id=described.event_id)
    return described.model_copy(update=copies_of_event(event))


async def insert(session: AsyncSession, rows: list[Ticket]) -> None:
    """Add tickets of one seller with one title; errors as `create_ticket`."""
    async with _unless_listed(session, rows[0], [_place(row) for row in rows]):
        session.add_all(rows)
    await search.add_search_words(session, rows[0].id)
    for row in rows:
        outbox.record(session, TicketCreated(**_event_fields(row)))


@asynccontextmanager
async def _unless_listed(
    session: AsyncSession, ticket: Ticket, places: list[rules.Place]
) -> AsyncGenerator[None]:
    """Save the changes made in this context; raises SeatListedTwiceError or TicketListedAgainError."""
    # After the rollback, attributes of the ticket cannot be read.
    seller_id = ticket.seller_id
    event_id = ticket.event_id
    try:
        async with session.begin_nested():
            yield
            await session.flush()
    except IntegrityError as error:
        if "uq_tickets_one_relisting" in str(error.orig):
            raise TicketListedAgainError from None
        if event_id is None or "uq_tickets_seat_once_per_seller" not in str(error.orig):
            raise
        twice = await listings.find_own_seat(
            session, seller_id=seller_id, event_id=event_id, places=places
        )
        # Without one, two seats of this request differ only in accents.
        raise SeatListedTwiceError(twice or places[0]) from None


def _place(row: Ticket) -> rules.Place:
    return rules.Place(row.section, row.row, row.seat)


async def require_listing_quota(
    session: AsyncSession, *, seller_id: UUID, tickets: int, listings: int
) -> None:
    """Check the limits of open listings before this many more.

    Raises:
        TooManyListingsError: the seller has MAX_OPEN_LISTINGS tickets for sale.
        UnconfirmedListingsError: with an unconfirmed address they have UNCONFIRMED_LISTINGS.
    """
    settings = get_settings()
    most = settings.max_open_listings
    if most and await seller_listings.count_open(session, seller_id, most) + tickets > most:
        raise TooManyListingsError(most)
    most = settings.max_unconfirmed_listings
    if not most or await users.is_confirmed(session, user_id=seller_id):
        return
    if await seller_listings.count_open_listings(session, seller_id) + listings > most:
        raise UnconfirmedListingsError(most)


async def has_any(session: AsyncSession) -> bool:
    return await repository.has_any(session)


async def require_own_ticket(session: AsyncSession, *, seller_id: UUID, ticket_id: UUID) -> None:
    """Check permission before the input is validated; errors as `update_ticket`."""
    _require_seller(await repository.get_ticket(session, ticket_id), seller_id)


async def update_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket_id: UUID, ticket: TicketUpdate
) -> TicketRead:
    """Replace the whole description of a ticket; title, place and time of an event stay.

    With another price or title, the ticket leaves its listing.

    Raises:
        TicketNotFoundError: there is none with this id.
        NotTicketSellerError: another user listed it.
        TicketNotChangeableError: it is locked, sold or withdrawn.
        StaleTicketError: the description changed since `ticket.version`.
        SeatListedTwiceError: the seller offers this seat of this event already.
        InvalidInputError: the promised delivery does not fit the event.
        TooManyRequestsError: the seller changed too many listings.
    """
    # Counted before the row is locked; raised after the errors of the request itself.
    refusal = await limits.hit("edits", account=seller_id)
    row = await _get_changeable(session, seller_id, ticket_id)
    if rules.is_stale(ticket.version, version=row.version, content_version=row.content_version):
        raise StaleTicketError
    if refusal:
        raise refusal
    changes = columns(ticket)
    if row.event_id:
        changes = {name: value for name, value in changes.items() if name not in OF_EVENT}
        ticket = ticket.model_copy(update={"starts_at": row.starts_at, "timezone": row.timezone})
    changes |= await promises.change(session, row, ticket)
    async with _unless_listed(session, row, [rules.Place(ticket.section, ticket.row, ticket.seat)]):
        await _apply(session, row, changes)
    record_update(session, row)
    await search.add_search_words(session, row.id)
    return to_read(TicketRow(row, is_locked=False), seller_id)


async def _apply(session: AsyncSession, row: Ticket, changes: dict[str, Any]) -> None:
    """Change the ticket, whose listing is locked; the other tickets of the listing stay in it."""
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    if row.listing_id and row.order_id and changed & OF_LISTING:
        # An ended lease that is not closed yet: it is closed with all tickets of the listing.
        raise TicketNotChangeableError(rules.Availability.LOCKED)
    for name in changed:
        setattr(row, name, changes[name])
    row.version += 1
    if row.listing_id is None:
        return
    if changed & OF_LISTING:
        row.listing_id = None
        row.position = None
        row.is_front = True
    elif changed & set(rules.Place._fields):
        await session.flush()
        _sort([found.ticket for found in await list_by_listing(session, row.listing_id)])


def _sort(rows: list[Ticket]) -> None:
    """Put the tickets of a listing in seat order after a seat changed; gaps between positions stay."""
    positions = [row.position for row in rows]
    rows.sort(key=lambda row: rules.seat_order(_place(row)))
    front = next((row for row in rows if row.status in rules.UNSOLD), None)
    for row, position in zip(rows, positions, strict=True):
        row.position = position
        row.is_front = row is front


async def withdraw_ticket(session: AsyncSession, *, seller_id: UUID, ticket_id: UUID) -> None:
    """Take a listing off sale for good; errors as `update_ticket`."""
    refusal = await limits.hit("edits", account=seller_id)
    row = await _get_changeable(session, seller_id, ticket_id)
    if refusal:
        raise refusal
    row.status = TicketStatus.WITHDRAWN
    await promises.release(session, [row])
    await save_new_version(session, row)


def copies_of_event(event: EventRead) -> dict[str, Any]:
    """Return the fields of a ticket that repeat its event."""
    return {
        "event_id": event.id,
        "title": event.title,
        "venue": event.venue.name,
        "city": event.venue.city,
        "timezone": event.venue.timezone,
        "starts_at": event.starts_at,
        "category": event.category,
    }


def columns(ticket: TicketFields) -> dict[str, Any]:
    """Return the columns that describe the ticket."""
    offset = rules.utc_offset_minutes(ticket.starts_at, ticket.timezone)
    return ticket.model_dump(include=set(Ticket.model_fields) - {"version"}) | {
        "utc_offset_minutes": offset
    }


def _require_seller(row: TicketRow | None, seller_id: UUID) -> TicketRow:
    if row is None:
        raise TicketNotFoundError
    if row.ticket.seller_id != seller_id:
        raise NotTicketSellerError
    return row


async def _get_changeable(session: AsyncSession, seller_id: UUID, ticket_id: UUID) -> Ticket:
    row = _require_seller(await repository.get_ticket_for_update(session, ticket_id), seller_id)
    status = TicketStatus(row.ticket.status)
    if not rules.can_change(status, is_locked=row.is_locked):
        raise TicketNotChangeableError(rules.availability(status, is_locked=row.is_locked))
    return row.ticket


async def save_new_version(session: AsyncSession, row: Ticket, *, is_locked: bool = False) -> None:
    """Save the listing as its next version and record the event."""
    row.version += 1
    await session.flush()
    record_update(session, row, is_locked=is_locked)


def record_update(session: AsyncSession, row: Ticket, *, is_locked: bool = False) -> None:
    outbox.record(session, TicketUpdated(**_event_fields(row), is_locked=is_locked))


def _event_fields(row: Ticket) -> dict[str, Any]:
    fields = row.model_dump(include=set(TicketUpdated.model_fields))
    return {"ticket_id": row.id, "ticket_version": row.version, **fields}


def to_read(row: TicketRow, viewer_id: UUID | None) -> TicketRead:
    """Return the ticket with the fields that this viewer may see."""
    ticket = row.ticket
    lease = visible_lease(ticket, viewer_id, is_locked=row.is_locked)
    fields = ticket.model_dump(
        exclude={"seller_id", "holder_id", "status", "locked_until", "order_id", "sold_at"}
    )
    # Without a listing, the ticket counts alone.
    is_available = lease["status"] is rules.Availability.AVAILABLE
    is_unsold = ticket.status in rules.UNSOLD
    return TicketRead(
        seller_id=ticket.seller_id,
        **lease,
        available=int(is_available) if row.available is None else row.available,
        quantity=int(is_unsold) if row.quantity is None else row.quantity,
        delivery=promises.to_read([ticket], viewer_id),
        **fields,
    )


def visible_lease(ticket: Ticket, viewer_id: UUID | None, *, is_locked: bool) -> dict[str, Any]:
    """Return the fields of the lease that this viewer may see."""
    status = rules.availability(TicketStatus(ticket.status), is_locked=is_locked)
    may_see_order = viewer_id is not None and viewer_id in {ticket.seller_id, ticket.holder_id}
    is_held = status in {rules.Availability.LOCKED, rules.Availability.SOLD}
    has_end = status is rules.Availability.LOCKED and repository.has_end(ticket.locked_until)
    return {
        "status": status,
        "locked_until": ticket.locked_until if has_end else None,
        "order_id": ticket.order_id if may_see_order and is_held else None,
    }
