"""Hold tickets: lock them for one buyer, or explain the refusal."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from uuid import UUID
from weakref import WeakValueDictionary

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import changes, db, limits
from ticketing_app.core.db import Connect
from ticketing_app.core.errors import AppError, UnavailableError
from ticketing_app.core.logging import correlation_id, get_logger
from ticketing_app.messaging import outbox
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import Hold
from ticketing_app.orders.rules import ANY_OFFER, MAX_TICKETS, Choice, OrderStatus, SeenOffer
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import refusals
from ticketing_app.orders.service.refusals import TicketAlreadyReservedError
from ticketing_app.orders.service.release import HOLDS_ENDED
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.service import lease as leases

log = get_logger()

# Concurrent holds of one ticket or listing per process: a row that stays locked must not use up the pool.
HOLDS_AT_ONCE = 4

HOLDS_MADE = Counter("gittix_holds_made_total", "Holds of tickets.")
HOLDS_REFUSED = Counter(
    "gittix_holds_refused_total",
    "Refused holds, by reason.",
    ["reason"],
)


class TooManyTicketsError(AppError):
    status = HTTPStatus.BAD_REQUEST
    message = f"You can buy 1 to {MAX_TICKETS} tickets per order."
    field = "quantity"


class TicketsApartError(AppError):
    status = HTTPStatus.BAD_REQUEST
    message = "These tickets are not of one offer, so please buy them one by one."
    field = "ticketIds"


_turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()


@asynccontextmanager
async def _connect_in_turn(connect: Connect, offer_id: UUID) -> AsyncGenerator[AsyncConnection]:
    """Open a connection; limits those that hold this listing, or ticket without one."""
    # Waits without a connection, at most as long as a statement may wait for a lock.
    turns = _turns.setdefault(offer_id, asyncio.Semaphore(HOLDS_AT_ONCE))
    try:
        async with asyncio.timeout(db.LOCK_TIMEOUT_SECONDS):
            await turns.acquire()
    except TimeoutError:
        raise UnavailableError from None
    try:
        async with connect() as connection:
            yield connection
    finally:
        turns.release()


async def create_order(
    connect: Connect, *, buyer_id: UUID, ticket_id: UUID, seen: SeenOffer = ANY_OFFER
) -> OrderRead:
    """Lock the ticket for ORDER_HOLD_SECONDS.

    Raises:
        TicketNotFoundError: no such ticket.
        OwnTicketError: the buyer is its seller.
        TicketAlreadyReservedError: it is held, sold, paused or withdrawn.
        SplitRefusedError: its seller does not sell it alone.
        EventBegunError: the event has begun.
        TooLateError: the ticket cannot come in time any more.
        OfferChangedError: the current offer is not `seen`.
        TooManyHoldsError: the buyer has MAX_OPEN_HOLDS open orders.
        UnconfirmedHoldsError: with an unconfirmed address they have UNCONFIRMED_HOLDS.
        HoldCooldownError: the buyer held it recently without paying.
        TooManyRequestsError: too many holds requested.
    """
    limit = await limits.hit("holds", account=buyer_id)
    async with _connect_in_turn(connect, ticket_id) as connection:
        hold = None
        if limit is None:
            hold = await repository.hold_loose(
                connection,
                buyer_id=buyer_id,
                ticket_id=ticket_id,
                seen=seen,
                limits=refusals.hold_limits(),
                correlation_id=correlation_id(),
            )
        if hold:
            return await _report(hold)
        listing_id = await _get_listing_id(
            connection, buyer_id=buyer_id, ticket_id=ticket_id, seen=seen, limit=limit
        )
    choice = Choice(listing_id, 1, (ticket_id,), is_seen_by_ticket=True)
    return await _hold_listed(connect, buyer_id=buyer_id, choice=choice, seen=seen, limit=limit)


async def create_listing_order(
    connect: Connect, *, buyer_id: UUID, choice: Choice, seen: SeenOffer = ANY_OFFER
) -> OrderRead:
    """Lock tickets of a listing, all or none; `seen` has the listing's version and the price per ticket.

    Raises the errors of `create_order`, and:
        TooManyTicketsError: none, or more than MAX_TICKETS.
        ListingNotFoundError: no such listing.
        NotEnoughLeftError: fewer tickets are available.
        SplitRefusedError: the rest would break the seller's rule.
        NotSideBySideError: the available seats are not side by side.
    """
    if not 1 <= choice.quantity <= MAX_TICKETS:
        raise TooManyTicketsError
    limit = await limits.hit("holds", account=buyer_id)
    return await _hold_listed(connect, buyer_id=buyer_id, choice=choice, seen=seen, limit=limit)


async def create_order_of_tickets(
    connect: Connect,
    *,
    buyer_id: UUID,
    ticket_ids: Sequence[UUID],
    seen: SeenOffer = ANY_OFFER,
) -> OrderRead:
    """Lock these tickets of one listing, all or none; as `create_listing_order`.

    Raises also:
        TicketsApartError: they are not of one listing.
    """
    if len(ticket_ids) == 1:
        return await create_order(connect, buyer_id=buyer_id, ticket_id=ticket_ids[0], seen=seen)
    async with connect() as connection, AsyncSession(connection) as session:
        listing_ids = await leases.list_listing_ids(session, ticket_ids=ticket_ids)
    listing_id = next(iter(listing_ids), None)
    if listing_id is None or len(listing_ids) > 1:
        raise TicketsApartError
    choice = Choice(listing_id, len(ticket_ids), tuple(ticket_ids))
    return await create_listing_order(connect, buyer_id=buyer_id, choice=choice, seen=seen)


async def _get_listing_id(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    seen: SeenOffer,
    limit: AppError | None,
) -> UUID:
    """Return the listing of a ticket; without one, raise the reason why it was refused."""
    try:
        async with AsyncSession(connection) as session:
            ticket = await leases.get_ticket(session, ticket_id=ticket_id)
            if ticket.listing_id:
                return ticket.listing_id
            reason = await refusals.explain_ticket(
                session, buyer_id=buyer_id, ticket=ticket, seen=seen
            )
            raise reason or limit or TicketAlreadyReservedError(Availability.LOCKED)
    except AppError as refusal:
        raise _counted(refusal) from None


async def _hold_listed(
    connect: Connect,
    *,
    buyer_id: UUID,
    choice: Choice,
    seen: SeenOffer,
    limit: AppError | None,
) -> OrderRead:
    async with _connect_in_turn(connect, choice.listing_id) as connection:
        hold = None
        if limit is None:
            hold = await repository.hold_listed(
                connection,
                buyer_id=buyer_id,
                choice=choice,
                seen=seen,
                limits=refusals.hold_limits(),
                correlation_id=correlation_id(),
            )
        if hold:
            return await _report(hold)
        try:
            async with AsyncSession(connection) as session:
                reason = await refusals.explain_listing(
                    session, buyer_id=buyer_id, choice=choice, seen=seen
                )
        except AppError as error:
            reason = error
    # Without a reason the tickets were released since the refusal; the buyer may try again.
    raise _counted(
        reason or limit or TicketAlreadyReservedError(Availability.LOCKED, quantity=choice.quantity)
    )


async def _report(hold: Hold) -> OrderRead:
    HOLDS_MADE.inc()
    HOLDS_ENDED.labels(OrderStatus.EXPIRED).inc(hold.lapsed)
    order = hold.order
    ticket_ids = [item.ticket.id for item in order.items]
    # The events are recorded by the statement itself.
    changes.note(changes.keys(*ticket_ids, order.listing_id, hold.event_id))
    await outbox.nudge()
    log.info("order.created", order_id=str(order.id), ticket_ids=[str(each) for each in ticket_ids])
    return order


def _counted(refusal: AppError) -> AppError:
    # The label is for example `ticket_already_reserved`.
    words = type(refusal).__name__.removesuffix("Error")
    HOLDS_REFUSED.labels(re.sub(r"(?<!^)(?=[A-Z])", "_", words).lower()).inc()
    return refusal
