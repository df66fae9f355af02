"""Sell a ticket, also one that was bought here: only orders know whether a sale is still valid."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.schemas import Caller
from ticketing_app.accounts.service import proof
from ticketing_app.core import limits
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.events.service import events
from ticketing_app.orders import rules
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.rules import Sale
from ticketing_app.orders.service import ownership, release
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.schemas.resale import Seat, SeatListing
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead, TicketUpdate
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import listings, offers, promises, seller_listings, tickets
from ticketing_app.tickets.service.tickets import TicketListedAgainError
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import reading

OTHER_EVENT = "You bought one of these tickets for another event."
# My Listings adds up the sales at each refresh.
MAX_SUMMED = 1000


class NotTicketOwnerError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = (
        "You can list a ticket again only while it is yours: bought or given to you, paid, not refunded and not "
        "disputed at your bank."
    )
    field = "previousTicketId"


class TicketStillHeldError(AppError):
    status = HTTPStatus.CONFLICT
    message = "Someone still has time to pay for this ticket. Please try again in a few minutes."
    field = "previousTicketId"


class TicketOfferedError(AppError):
    status = HTTPStatus.CONFLICT
    message = ownership.OFFERED
    field = "previousTicketId"


async def sell_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket: TicketCreate
) -> TicketRead:
    """List a ticket for sale, with `previous_ticket_id` one that the seller bought here.

    Raises:
        TicketNotFoundError: no such previous ticket.
        NotTicketOwnerError: it belongs to another user, or is being refunded or disputed.
        TicketListedAgainError: it has another open listing.
        TicketStillHeldError: a listing that was taken off sale may still be paid.
        TicketOfferedError: it is offered to a friend.
        InvalidInputError: it was bought for another event.
        TooManyListingsError: the seller has MAX_OPEN_LISTINGS.
        UnconfirmedListingsError: with an unconfirmed address they have UNCONFIRMED_LISTINGS.
        TooManyRequestsError: too many listings in the last hour.
    """
    (listed,) = await sell_tickets(session, seller_id=seller_id, listed=[ticket])
    return listed


async def require_proof(
    session: AsyncSession, *, caller: Caller, listed: Sequence[TicketCreate | ListingCreate]
) -> None:
    """Raises ProofNeededError for the files of bought tickets if the caller's last proof is too old."""
    ticket_ids = [ticket_id for each in listed for ticket_id in _previous_of(each)]
    file_ids = [file_id for each in listed if each.delivery for file_id in each.delivery.file_ids]
    if not ticket_ids and not file_ids:
        return
    bought = await describe_files(session, owner_id=caller.user_id, ticket_ids=ticket_ids)
    named = await reading.describe(session, file_ids=file_ids)
    if bought or any(file.has_moved for file in named.values()):
        await proof.require_fresh(session, caller=caller)


def _previous_of(listed: TicketCreate | ListingCreate) -> list[UUID]:
    if isinstance(listed, ListingCreate):
        return listed.previous_ticket_ids
    return [listed.previous_ticket_id] if listed.previous_ticket_id else []


async def sell_tickets(
    session: AsyncSession, *, seller_id: UUID, listed: list[TicketCreate]
) -> list[TicketRead]:
    """List several tickets, all or none; raises the errors of `sell_ticket`."""
    refusal = await limits.hit("listings", account=seller_id, cost=len(listed))
    previous_ids = [ticket.previous_ticket_id for ticket in listed if ticket.previous_ticket_id]
    last = await _last_sales(session, seller_id, previous_ids)
    sold = dict(zip(previous_ids, last, strict=True))
    if refusal:
        raise refusal
    await tickets.require_listing_quota(
        session, seller_id=seller_id, tickets=len(listed), listings=len(listed)
    )
    return [
        await tickets.create_ticket(
            session, seller_id=seller_id, ticket=await _behind(session, seller_id, ticket, sold)
        )
        for ticket in listed
    ]


async def sell_listing(
    session: AsyncSession, *, seller_id: UUID, listing: ListingCreate
) -> ListingRead:
    """List several tickets at one price, all or none; raises errors of `sell_ticket` and `create_listing`."""
    listings.require_consistent(listing)
    refusal = await limits.hit("listings", account=seller_id, cost=listing.count)
    previous = await _last_sales(session, seller_id, listing.previous_ticket_ids)
    if refusal:
        raise refusal
    await tickets.require_listing_quota(
        session, seller_id=seller_id, tickets=listing.count, listings=1
    )
    behind = listing.model_copy(
        update={
            "previous_ticket_ids": previous,
            "event_id": await _event_of(session, listing, listing.previous_ticket_ids),
            "delivery": listing.delivery
            or await promises.promise_again(session, seller_id=seller_id, previous_ids=previous),
        }
    )
    return await listings.create_listing(session, seller_id=seller_id, listing=behind)


async def _behind(
    session: AsyncSession, seller_id: UUID, ticket: TicketCreate, last_sales: dict[UUID, UUID]
) -> TicketCreate:
    previous_id = ticket.previous_ticket_id
    if previous_id is None:
        return ticket
    event_id = await _event_of(session, ticket, [previous_id])
    last_id = last_sales[previous_id]
    delivery = ticket.delivery or await promises.promise_again(
        session, seller_id=seller_id, previous_ids=[last_id]
    )
    return ticket.model_copy(
        update={"previous_ticket_id": last_id, "event_id": event_id, "delivery": delivery}
    )


async def _event_of(
    session: AsyncSession, listing: TicketCreate | ListingCreate, previous_ids: list[UUID]
) -> UUID | None:
    """Return the event of a listing, which is that of its tickets before: it refunds the next buyers, too.

    Raises EventNotFoundError, or InvalidInputError if the listing is for another event.
    """
    bought = await offers.list_event_ids(session, ticket_ids=previous_ids)
    if not bought:
        return listing.event_id
    # Until the tickets of a merged event follow it, some are still those of the event before.
    found = {await _target(session, bought.get(ticket_id)) for ticket_id in previous_ids}
    wanted = await _target(session, listing.event_id)
    wants_new = isinstance(listing, ListingCreate) and listing.event is not None
    if len(found) > 1 or wants_new or wanted not in {None, *found}:
        raise InvalidInputError([("eventId", OTHER_EVENT)])
    return found.pop()


async def _target(session: AsyncSession, event_id: UUID | None) -> UUID | None:
    """Return the event that this one was merged into, or itself."""
    return (await events.get_event(session, event_id=event_id)).id if event_id else None


async def _last_sales(
    session: AsyncSession, seller_id: UUID, previous_ids: list[UUID]
) -> list[UUID]:
    """Lock the seats of these tickets, which the seller owns; return the ticket that each sold last."""
    # A refund or dispute of any of their orders locks the same seats, so the later transaction sees the
    # change of the earlier one.
    await leases.lock_seats(session, ticket_ids=previous_ids)
    seats = [
        await _get_own_seat(session, owner_id=seller_id, ticket_id=ticket_id)
        for ticket_id in previous_ids
    ]
    # The new listing follows the last sale, even if refunds returned the seat to an earlier owner.
    return [seat.sold[0].id for seat in seats]


async def update_ticket(
    session: AsyncSession, *, seller_id: UUID, ticket_id: UUID, ticket: TicketUpdate
) -> TicketRead:
    """Replace the description of a ticket; raises the errors of `tickets.update_ticket`."""
    # A ticket that leaves its listing must not be in an open order with tickets that stay.
    await release.close_lapsed(session, ticket_id=ticket_id)
    return await tickets.update_ticket(
        session, seller_id=seller_id, ticket_id=ticket_id, ticket=ticket
    )


async def get_own_ticket(session: AsyncSession, *, owner_id: UUID, ticket_id: UUID) -> TicketRead:
    """Return a sold ticket that its owner may list again; raises the errors of `sell_ticket`."""
    await _get_own_seat(session, owner_id=owner_id, ticket_id=ticket_id)
    return await tickets.get_ticket(session, ticket_id=ticket_id, viewer_id=owner_id)


async def sum_sales(session: AsyncSession, *, seller_id: UUID) -> dict[str, int] | None:
    """Return the sums of the seller's paid tickets by currency; None if they are too many to add up."""
    sold = await seller_listings.list_sold(session, seller_id=seller_id, limit=MAX_SUMMED + 1)
    if len(sold) > MAX_SUMMED:
        return None
    return await repository.sum_paid(session, sold)


async def list_relistable(
    session: AsyncSession, *, owner_id: UUID, ticket_ids: list[UUID]
) -> set[UUID]:
    """Return the tickets that their owner may list again now."""
    seats = await ownership.list_seats(session, ticket_ids=ticket_ids)
    return {
        found.seat.ticket_id
        for found in seats
        if found.owner_id == owner_id and not found.seat.listed and not found.offer
    }


async def describe_files(
    session: AsyncSession, *, owner_id: UUID, ticket_ids: list[UUID]
) -> list[FileRead]:
    """Return the files that go on with these bought tickets when their owner lists them again."""
    seats = await ownership.list_seats(session, ticket_ids=ticket_ids)
    file_ids = [found.file_id for found in seats if found.file_id]
    found = await reading.describe(session, file_ids=file_ids)
    return [file for file in found.values() if file.owner_id == owner_id]


async def list_refusals(
    session: AsyncSession, *, owner_id: UUID, ticket_ids: list[UUID]
) -> dict[UUID, str]:
    """Return why these tickets cannot be listed again now, by ticket; those that can are left out."""
    refusals: dict[UUID, str] = {}
    for ticket_id in ticket_ids:
        try:
            await _get_own_seat(session, owner_id=owner_id, ticket_id=ticket_id)
        except AppError as error:
            refusals[ticket_id] = error.message
    return refusals


async def _get_own_seat(session: AsyncSession, *, owner_id: UUID, ticket_id: UUID) -> Seat:
    # First, because a ticket that does not exist has its own error.
    await tickets.get_ticket(session, ticket_id=ticket_id)
    for found in await ownership.list_seats(session, ticket_ids=[ticket_id]):
        if found.owner_id == owner_id:
            if found.offer:
                raise TicketOfferedError
            if found.seat.listed is None:
                return found.seat
            raise _refuse_listed(found.seat.listed, owner_id)
        if _has_sold_on(owner_id, ticket_id, found.seat, found.sales):
            raise TicketListedAgainError
    raise NotTicketOwnerError


def _refuse_listed(listing: SeatListing, owner_id: UUID) -> AppError:
    if listing.seller_id == owner_id:
        return TicketListedAgainError()
    return TicketStillHeldError()


def _has_sold_on(owner_id: UUID, ticket_id: UUID, seat: Seat, sales: list[Sale]) -> bool:
    """Whether the user owned this ticket and made the next listing of its seat."""
    nth = [listing.id for listing in seat.sold].index(ticket_id)
    is_next_own = nth > 0 and seat.sold[nth - 1].seller_id == owner_id
    return is_next_own and rules.owner_of(sales[nth:]) == owner_id
