"""Use cases of a listing: several tickets of one seller at one price each."""

from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.money import MAXIMUM_CENTS
from ticketing_app.core.settings import get_settings
from ticketing_app.events.service import events
from ticketing_app.tickets import rules
from ticketing_app.tickets.models import Listing, Ticket
from ticketing_app.tickets.repository import listings as repository
from ticketing_app.tickets.repository.offers import OfferRow, list_by_listing
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.listings import (
    ListingCreate,
    ListingRead,
    ListingUpdate,
    SeatFacts,
)
from ticketing_app.tickets.service import offers, promises, tickets
from ticketing_app.tickets.service.lease import ListingNotFoundError

TOTAL_TOO_HIGH = "All tickets together can cost at most 999,999.99."


class NotListingSellerError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "Only the seller of these tickets can change them."


class ListingHeldError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "Somebody is buying from this listing right now, so it cannot be changed. "
        "Try again when the hold is over."
    )


class ListingEndedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "All tickets of this listing are sold or withdrawn, so it can no longer be changed."


class ListingBegunError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This event has begun, so its tickets are no longer sold."


class ListingTooLateError(AppError):
    status = HTTPStatus.CONFLICT
    message = "These tickets cannot come in time any more, so they are no longer sold."


class StaleListingError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "This listing changed while you were editing it. Load it again, then make your change."
    )
    field = "version"


async def create_listing(
    session: AsyncSession, *, seller_id: UUID, listing: ListingCreate
) -> ListingRead:
    """List tickets, all or none; the caller has checked that the seller owns the previous ones.

    Raises the errors of `find_or_create_event`, and:
        InvalidInputError: the parts of the listing contradict each other.
        EventNotFoundError: no such event.
        EventNotListableError: the event was cancelled, or has begun.
        SeatListedTwiceError: the seller offers one of these seats of this event already.
        TicketListedAgainError: a previous ticket has another active listing.
    """
    require_consistent(listing)
    if listing.event:
        found = await events.find_or_create_event(
            session, creator_id=seller_id, event=listing.event
        )
        listing = listing.model_copy(update={"event_id": found.event.id})
    described = await tickets.copy_event(session, listing)
    row = Listing(
        seller_id=seller_id,
        event_id=described.event_id,
        split=described.split,
        is_side_by_side=described.is_side_by_side,
    )
    promised = await promises.promise_columns(
        session, seller_id=seller_id, listed=described, count=described.count
    )
    await repository.add(session, row)
    await tickets.insert(session, _tickets(row, described, promised))
    return await get_listing(session, listing_id=row.id, viewer_id=seller_id)


def require_consistent(listing: ListingCreate) -> None:
    """Raises InvalidInputError: the parts of the listing contradict each other."""
    if problems := _problems(listing):
        raise InvalidInputError(problems)


async def get_listing(
    session: AsyncSession, *, listing_id: UUID, viewer_id: UUID | None = None
) -> ListingRead:
    """Return a listing, to others than its seller without withdrawn tickets.

    Raises ListingNotFoundError if there is none with this id, or nothing to show.
    """
    rows = await list_by_listing(session, listing_id)
    shown = [
        row
        for row in rows
        if row.ticket.seller_id == viewer_id or row.ticket.status != TicketStatus.WITHDRAWN
    ]
    if not shown:
        raise ListingNotFoundError
    return to_read(shown, viewer_id)


async def require_own_listing(session: AsyncSession, *, seller_id: UUID, listing_id: UUID) -> None:
    """Check permission before the input is validated; errors as `update_listing`."""
    _require_seller(await list_by_listing(session, listing_id), seller_id)


async def update_listing(
    session: AsyncSession, *, seller_id: UUID, listing_id: UUID, listing: ListingUpdate
) -> ListingRead:
    """Change price and description of all unsold tickets.

    Raises:
        ListingNotFoundError: there is none with this id.
        NotListingSellerError: another user listed it.
        InvalidInputError: the total of the unsold tickets is too high, or the promised delivery does not fit.
        ListingEndedError: nothing is unsold.
        ListingHeldError: one of the tickets is locked.
        StaleListingError: the listing changed since `listing.version`.
        TooManyRequestsError: the seller changed too many listings.
    """
    refusal = await limits.hit("edits", account=seller_id)
    found = await _lock_unsold(session, seller_id, listing_id)
    if len(found.unsold) * listing.price_cents > MAXIMUM_CENTS:
        raise InvalidInputError([("price", TOTAL_TOO_HIGH)])
    if listing.version not in {None, found.listing.version}:
        raise StaleListingError
    if refusal:
        raise refusal
    _require_free(found)
    for row in found.unsold:
        row.ticket.price_cents = listing.price_cents
        row.ticket.face_value_cents = listing.face_value_cents
        row.ticket.description = listing.description
    if "delivery" in listing.model_fields_set:
        await promises.change_all(session, [row.ticket for row in found.unsold], listing.delivery)
    if listing.split is not None:
        found.listing.split = listing.split
    if listing.is_side_by_side is not None:
        found.listing.is_side_by_side = listing.is_side_by_side
    return await _save(session, found)


async def withdraw_listing(session: AsyncSession, *, seller_id: UUID, listing_id: UUID) -> None:
    """Take all unsold tickets off sale for good; errors as `update_listing`."""
    refusal = await limits.hit("edits", account=seller_id)
    found = await _lock_unsold(session, seller_id, listing_id)
    if refusal:
        raise refusal
    _require_free(found)
    await promises.release(session, [row.ticket for row in found.unsold])
    await _set_status(session, found, TicketStatus.WITHDRAWN)


async def pause_listing(session: AsyncSession, *, seller_id: UUID, listing_id: UUID) -> ListingRead:
    """Stop new holds; buyers who hold tickets may still pay. Errors as `update_listing`."""
    refusal = await limits.hit("edits", account=seller_id)
    found = await _lock_unsold(session, seller_id, listing_id)
    if refusal:
        raise refusal
    return await _set_status(session, found, TicketStatus.PAUSED)


async def resume_listing(
    session: AsyncSession, *, seller_id: UUID, listing_id: UUID
) -> ListingRead:
    """Put a paused listing back on sale.

    Raises the errors of `update_listing`, and:
        ListingBegunError: the event has begun.
        ListingTooLateError: the tickets would come too late.
    """
    refusal = await limits.hit("edits", account=seller_id)
    found = await _lock_unsold(session, seller_id, listing_id)
    if any(rules.has_begun(row.ticket.starts_at, utc_now()) for row in found.unsold):
        raise ListingBegunError
    if any(rules.is_too_late(row.ticket.sellable_until, utc_now()) for row in found.unsold):
        raise ListingTooLateError
    if refusal:
        raise refusal
    return await _set_status(session, found, TicketStatus.FOR_SALE)


class _Unsold(NamedTuple):
    listing: Listing
    unsold: list[OfferRow]


def _require_seller(rows: list[OfferRow], seller_id: UUID) -> list[OfferRow]:
    if not rows:
        raise ListingNotFoundError
    if rows[0].ticket.seller_id != seller_id:
        raise NotListingSellerError
    return rows


async def _lock_unsold(session: AsyncSession, seller_id: UUID, listing_id: UUID) -> _Unsold:
    rows = await repository.get_rows_for_update(session, listing_id)
    _require_seller(rows, seller_id)
    unsold = [row for row in rows if row.ticket.status in rules.UNSOLD]
    listing = rows[0].listing
    if not unsold or listing is None:
        raise ListingEndedError
    return _Unsold(listing, unsold)


def _require_free(found: _Unsold) -> None:
    if any(row.is_locked for row in found.unsold):
        raise ListingHeldError


async def _set_status(session: AsyncSession, found: _Unsold, status: TicketStatus) -> ListingRead:
    changed = [row for row in found.unsold if row.ticket.status != status]
    for row in changed:
        row.ticket.status = status
    return await _save(session, found._replace(unsold=changed))


async def _save(session: AsyncSession, found: _Unsold) -> ListingRead:
    """Save the changed tickets and the listing as their next versions."""
    if found.unsold:
        found.listing.version += 1
    for row in found.unsold:
        await tickets.save_new_version(session, row.ticket, is_locked=row.is_locked)
    rows = await list_by_listing(session, found.listing.id)
    return to_read(rows, found.listing.seller_id)


def to_read(rows: list[OfferRow], viewer_id: UUID | None) -> ListingRead:
    """Return the listing of these tickets, which are in seat order."""
    return ListingRead(**listing_fields(rows, viewer_id))


def listing_fields(rows: list[OfferRow], viewer_id: UUID | None) -> dict[str, Any]:
    """Return the fields of a listing, or of a ticket without one."""
    first = rows[0]
    listing = first.listing or first.ticket
    return {
        "id": listing.id,
        "version": listing.version,
        "created_at": listing.created_at,
        **first.ticket.model_dump(
            include={"title", "category", "venue", "city", "starts_at", "timezone"}
        ),
        **offers.offer_fields(rows, viewer_id),
    }


def _problems(listing: ListingCreate) -> list[tuple[str | None, str]]:
    problems: list[tuple[str | None, str]] = []
    if not (listing.title or listing.event_id or listing.event):
        problems.append(("title", "Say which event the tickets are for."))
    if listing.event_id and listing.event:
        problems.append(("event", "Give either an event that exists, or a new one."))
    if bool(listing.seats) == bool(listing.quantity):
        problems.append(("seats", "Give the seats, or a quantity of tickets without numbers."))
    if listing.seat:
        problems.append(("seat", "Name each seat in seats."))
    several = (seat.seat for seat in listing.seats if seat.seat and rules.names_several(seat.seat))
    if name := next(several, None):
        sentence = f"\u201c{name}\u201d is more than one seat. Give each seat its own entry."
        problems.append(("seats", sentence))
    if listing.count * listing.price_cents > MAXIMUM_CENTS:
        problems.append(("price", TOTAL_TOO_HIGH))
    if twice := rules.find_repeated([_place(seat, listing) for seat in listing.seats]):
        sentence = f"{rules.describe_seat(*twice)} is in this listing twice."
        problems.append(("seats", sentence))
    previous = listing.previous_ticket_ids
    if previous and (len(previous) != listing.count or len(set(previous)) != len(previous)):
        sentence = "Give one ticket that you bought for each seat, and each of them once."
        problems.append(("previousTicketIds", sentence))
    return problems


def _place(seat: SeatFacts, listing: ListingCreate) -> rules.Place:
    return rules.Place(seat.section or listing.section, seat.row or listing.row, seat.seat)


def _tickets(row: Listing, listing: ListingCreate, promised: list[dict[str, Any]]) -> list[Ticket]:
    seats = listing.seats or [SeatFacts()] * listing.count
    previous: list[UUID | None] = [*listing.previous_ticket_ids] or [None] * len(seats)
    placed: list[tuple[rules.Place, dict[str, Any]]] = [
        (_place(seat, listing), promise | {"previous_ticket_id": ticket_id})
        for seat, ticket_id, promise in zip(seats, previous, promised, strict=True)
    ]
    placed.sort(key=lambda item: rules.seat_order(item[0]))
    columns = tickets.columns(listing)
    return [
        Ticket(
            **columns | own | place._asdict(),
            seller_id=row.seller_id,
            listing_id=row.id,
            position=position,
            is_front=position == 1,
            currency=get_settings().currency,
        )
        for position, (place, own) in enumerate(placed, start=1)
    ]
