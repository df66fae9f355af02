"""Hold a ticket: lock it for one buyer, or explain the refusal."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID
from weakref import WeakValueDictionary

from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.core.logging import correlation_id, get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.orders import repository
from ticketing_app.orders.rules import ANY_OFFER, OrderStatus, SeenOffer
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import access
from ticketing_app.orders.service.release import HOLDS_ENDED
from ticketing_app.tickets.rules import Availability, has_begun
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.tickets.service import tickets

NO_LIMIT = 2**31 - 1

log = get_logger()

# Concurrent holds of one ticket per process: a row that stays locked must not use up the pool.
HOLDS_AT_ONCE = 4

HOLDS_MADE = Counter("gittix_holds_made_total", "Holds of a ticket.")
HOLDS_REFUSED = Counter(
    "gittix_holds_refused_total",
    "Refused holds, by reason.",
    ["reason"],
)


class OwnTicketError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "This is your own ticket, so you cannot buy it."


class TicketAlreadyReservedError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, availability: Availability, own_order_id: UUID | None = None) -> None:
        sentences = {
            Availability.SOLD: "This ticket is sold.",
            Availability.PAUSED: "The seller paused the sale of this ticket.",
            Availability.WITHDRAWN: "The seller took this ticket off sale.",
        }
        sentence = sentences.get(
            availability,
            "Someone was quicker and is buying this ticket right now. "
            "You were not charged, and it may come back.",
        )
        if own_order_id:
            sentence = "You already have this ticket in your orders."
        super().__init__(sentence, field="ticketId")
        self.order_id = own_order_id  # The page redirects to the caller's own order.

    @property
    def extra(self) -> dict[str, str]:
        if self.order_id is None:
            return {}
        return {"orderId": str(self.order_id)}


class EventBegunError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This event has begun, so its tickets are no longer sold."
    field = "ticketId"


class OfferChangedError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "The seller changed this offer since you saw it. You have bought nothing; "
        "please look at it again."
    )


class TooManyHoldsError(TooManyRequestsError):
    def __init__(self) -> None:
        limit = get_settings().max_open_holds
        super().__init__(f"You hold {limit} tickets already. Pay for one or release one first.")


class HoldCooldownError(TooManyRequestsError):
    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(
            "You had this ticket for a while without paying. To give others a chance, "
            f"you can hold it again in {limits.duration(seconds)}.",
            retry_after=seconds,
        )


_turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()


@asynccontextmanager
async def in_turn(ticket_id: UUID) -> AsyncGenerator[None]:
    """Limit the concurrent holds of this ticket; enter it before a connection is opened."""
    # Waits at most as long as a statement may wait for a lock.
    turns = _turns.setdefault(ticket_id, asyncio.Semaphore(HOLDS_AT_ONCE))
    try:
        async with asyncio.timeout(db.LOCK_TIMEOUT_SECONDS):
            await turns.acquire()
    except TimeoutError:
        raise UnavailableError from None
    try:
        yield
    finally:
        turns.release()


async def create_order(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    seen: SeenOffer = ANY_OFFER,
) -> OrderRead:
    """Lock the ticket for ORDER_HOLD_SECONDS. `connection` is in AUTOCOMMIT: the hold is one statement.

    Raises:
        TicketNotFoundError: no such ticket.
        OwnTicketError: the buyer is its seller.
        TicketAlreadyReservedError: it is held, sold or withdrawn.
        EventBegunError: the event has begun.
        OfferChangedError: the current offer is not `seen`.
        TooManyHoldsError: the buyer holds MAX_OPEN_HOLDS tickets.
        HoldCooldownError: the buyer held it recently without paying.
        TooManyRequestsError: too many holds requested.
    """
    settings = get_settings()
    limit = await limits.hit("holds", account=buyer_id)
    hold = None
    if limit is None:
        hold = await repository.hold_ticket(
            connection,
            buyer_id=buyer_id,
            ticket_id=ticket_id,
            seen=seen,
            hold_seconds=settings.order_hold_seconds,
            max_open_holds=settings.max_open_holds or NO_LIMIT,
            cooldown_seconds=settings.hold_cooldown_seconds,
            correlation_id=correlation_id(),
        )
    if hold is None:
        raise await _find_refusal(
            connection, buyer_id=buyer_id, ticket_id=ticket_id, seen=seen, limit=limit
        )
    order = hold.order
    HOLDS_MADE.inc()
    HOLDS_ENDED.labels(OrderStatus.EXPIRED).inc(hold.lapsed)
    await outbox.nudge()
    log.info("order.created", order_id=str(order.id), ticket_id=str(ticket_id))
    return access.to_read(order)


async def _find_refusal(
    connection: AsyncConnection,
    *,
    buyer_id: UUID,
    ticket_id: UUID,
    seen: SeenOffer,
    limit: AppError | None,
) -> AppError:
    try:
        async with AsyncSession(connection) as session:
            reason = await _explain_refusal(
                session, buyer_id=buyer_id, ticket_id=ticket_id, seen=seen
            )
    except AppError as error:
        reason = error
    # Without a reason the ticket was released since the refusal; the buyer may try again.
    refusal = reason or limit or TicketAlreadyReservedError(Availability.LOCKED)
    HOLDS_REFUSED.labels(_label(refusal)).inc()
    return refusal


def _label(refusal: AppError) -> str:
    # Returns for example `ticket_already_reserved`.
    words = type(refusal).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", words).lower()


async def _explain_refusal(
    session: AsyncSession, *, buyer_id: UUID, ticket_id: UUID, seen: SeenOffer
) -> AppError | None:
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id)
    if ticket.seller_id == buyer_id:
        return OwnTicketError()
    settings = get_settings()
    facts = await repository.get_hold_facts(
        session,
        buyer_id=buyer_id,
        ticket_id=ticket_id,
        hold_seconds=settings.order_hold_seconds,
        cooldown_seconds=settings.hold_cooldown_seconds,
    )
    if facts.own_order_id or ticket.status is not Availability.AVAILABLE:
        return TicketAlreadyReservedError(ticket.status, facts.own_order_id)
    if refusal := _refuse_offer(ticket, seen):
        return refusal
    if facts.cooldown and facts.cooldown > timedelta():
        return HoldCooldownError(facts.cooldown)
    if facts.open_holds >= (settings.max_open_holds or NO_LIMIT):
        return TooManyHoldsError()
    return None


def _refuse_offer(ticket: TicketRead, seen: SeenOffer) -> AppError | None:
    if has_begun(ticket.starts_at, utc_now()):
        return EventBegunError()
    if not seen.is_of(version=ticket.version, price_cents=ticket.price_cents):
        return OfferChangedError()
    return None
