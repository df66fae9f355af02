"""Use cases of orders: hold, show, cancel, expire; and the steps of a payment, for payments.

Every transition locks the ticket row first and the order row second (by its conditional UPDATE).
"""

from http import HTTPStatus
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError, InvalidInputError, TooManyRequestsError
from ticketing_app.core.logging import correlation_id, get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import (
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    OrderUpdated,
)
from ticketing_app.orders import repository, rules
from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderPage, OrderRead, OrderTicket, PayableOrder
from ticketing_app.tickets import service as tickets
from ticketing_app.tickets.rules import Availability, TicketStatus
from ticketing_app.tickets.schemas import TicketLease

log = get_logger()


class OrderNotFoundError(AppError):
    """There is no such order, or it is somebody else's: never told which."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("We could not find this order among yours.")


class OwnTicketError(AppError):
    """A seller cannot buy their own ticket."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        """Say why."""
        super().__init__("This is your own ticket, so you cannot buy it.")


class TicketAlreadyReservedError(AppError):
    """The ticket cannot be held; `order_id` is set when the caller holds it."""

    status = HTTPStatus.CONFLICT

    def __init__(self, availability: Availability, own_order_id: UUID | None = None) -> None:
        """Say who has it, kindly."""
        sentences = {
            Availability.SOLD: "This ticket is sold.",
            Availability.WITHDRAWN: "The seller took this ticket off sale.",
        }
        sentence = sentences.get(
            availability,
            "Someone was quicker and is buying this ticket right now. It may come back.",
        )
        if own_order_id:
            sentence = "You already have this ticket in your orders."
        super().__init__(sentence, field="ticketId")
        self.order_id = own_order_id

    @property
    def extra(self) -> dict[str, str]:
        """The caller's own order, so that the page can go there."""
        return {"orderId": str(self.order_id)} if self.order_id else {}


class TooManyHoldsError(TooManyRequestsError):
    """The buyer holds as many tickets as an account may."""

    def __init__(self) -> None:
        """Say the limit."""
        limit = get_settings().max_open_holds
        super().__init__(f"You hold {limit} tickets already. Pay for one or release one first.")


class HoldCooldownError(TooManyRequestsError):
    """The buyer's own hold of this ticket lapsed a moment ago."""

    def __init__(self) -> None:
        """Say how long."""
        minutes = max(1, round(get_settings().hold_cooldown_seconds / 60))
        super().__init__(
            f"Your time for this ticket just ran out. To give others a chance you can hold it again in {minutes} min."
        )


class OrderNotCancellableError(AppError):
    """The payment is past the point of no return."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        """Say why."""
        super().__init__("This order is paid or being paid, so it cannot be cancelled.")


class OrderNotPayableError(AppError):
    """The hold is over, or the order is paid already."""

    status = HTTPStatus.CONFLICT

    def __init__(self, status: OrderStatus) -> None:
        """Say what it means for the money."""
        is_paid = status not in rules.PAYABLE | rules.ENDED_UNPAID
        super().__init__(
            "This order is paid or being paid already. You are not charged twice."
            if is_paid
            else "The time for this order is over, so it can no longer be paid. Your card was not charged."
        )


# ---- buyers ------------------------------------------------------------------------------------


async def create_order(
    connection: AsyncConnection, *, buyer_id: UUID, ticket_id: UUID
) -> OrderRead:
    """Lock the ticket for ORDER_HOLD_SECONDS. `connection` is in AUTOCOMMIT: the hold is one statement.

    Raises:
        TicketNotFoundError: there is no such ticket.
        OwnTicketError: the buyer is its seller.
        TicketAlreadyReservedError: it is held, sold or withdrawn.
        TooManyHoldsError: the buyer holds MAX_OPEN_HOLDS tickets.
        HoldCooldownError: the buyer's own hold of it lapsed a moment ago.
    """
    settings = get_settings()
    order = await repository.hold_ticket(
        connection,
        buyer_id=buyer_id,
        ticket_id=ticket_id,
        hold_seconds=settings.order_hold_seconds,
        max_open_holds=settings.max_open_holds,
        cooldown_seconds=settings.hold_cooldown_seconds,
        correlation_id=correlation_id(),
    )
    if order is None:
        async with AsyncSession(connection) as session:
            raise await _why_refused(session, buyer_id=buyer_id, ticket_id=ticket_id)
    await outbox.nudge()
    log.info("order.created", order_id=str(order.id), ticket_id=str(ticket_id))
    return _read(order)


async def _why_refused(session: AsyncSession, *, buyer_id: UUID, ticket_id: UUID) -> AppError:
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id)
    if ticket.user_id == buyer_id:
        return OwnTicketError()
    settings = get_settings()
    facts = await repository.get_hold_facts(
        session,
        buyer_id=buyer_id,
        ticket_id=ticket_id,
        cooldown_seconds=settings.hold_cooldown_seconds,
    )
    if facts.own_order_id or ticket.status is not Availability.AVAILABLE:
        return TicketAlreadyReservedError(ticket.status, facts.own_order_id)
    if facts.is_cooling_down:
        return HoldCooldownError()
    if facts.open_holds >= settings.max_open_holds:
        return TooManyHoldsError()
    # Whoever had it let go between the refusal and this look; the buyer may press again.
    return TicketAlreadyReservedError(Availability.LOCKED)


async def get_order(session: AsyncSession, *, buyer_id: UUID, order_id: UUID) -> OrderRead:
    """Return one's own order.

    Raises:
        OrderNotFoundError: none with this id, or somebody else's.
    """
    return _read(await _get(session, order_id, buyer_id=buyer_id))


async def list_orders(
    session: AsyncSession, *, buyer_id: UUID, limit: int, cursor: str | None = None
) -> OrderPage:
    """Return one page of one's own orders, newest first; `cursor` is the last id of the page before.

    Raises:
        InvalidInputError: the cursor is not from this list.
    """
    try:
        before = UUID(cursor) if cursor else None
    except ValueError:
        raise InvalidInputError(
            [("cursor", "Use the cursor that the page before gave you.")]
        ) from None
    rows = await repository.list_by_buyer(session, buyer_id=buyer_id, limit=limit, before=before)
    page = rows[:limit]
    return OrderPage(
        items=[_read(row) for row in page],
        next_cursor=str(page[-1].id) if len(rows) > limit else None,
    )


async def cancel_order(session: AsyncSession, *, buyer_id: UUID, order_id: UUID) -> None:
    """Let go of a ticket: it unlocks at once. An order that ended already is left as it is.

    Raises:
        OrderNotFoundError: none with this id, or somebody else's.
        OrderNotCancellableError: it is being captured, or paid.
    """
    order = await _lock(session, order_id, buyer_id=buyer_id)
    cancelled = await _end(session, order, OrderStatus.CANCELLED, rules.BUYER_CAN_CANCEL)
    if not cancelled and order.status not in rules.ENDED_UNPAID:
        raise OrderNotCancellableError


# ---- expiration --------------------------------------------------------------------------------


async def expire_due_orders(session: AsyncSession, *, limit: int) -> int:
    """Close up to `limit` orders whose time is over and free their tickets; return how many.

    Tickets are picked and locked first, those that others hold are skipped; several workers may run
    this at once, and again: an order is closed once.
    """
    order_ids = await tickets.lock_lapsed(session, limit=limit)
    due = await repository.get_by_ids(session, order_ids)
    return sum([await _end(session, order, OrderStatus.EXPIRED, rules.PAYABLE) for order in due])


# ---- payments ----------------------------------------------------------------------------------


async def get_payable(
    session: AsyncSession, *, order_id: UUID, buyer_id: UUID | None = None, for_update: bool = False
) -> PayableOrder:
    """Return what a payment needs to know; with `buyer_id`, only one's own order.

    `for_update` waits for a transition that is under way and holds off others to the end of the
    transaction: then "it is over" stays true.

    Raises:
        OrderNotFoundError: none with this id, or somebody else's.
    """
    order = await (_lock if for_update else _get)(session, order_id, buyer_id=buyer_id)
    now = await repository.get_database_time(session)
    return PayableOrder(**order.model_dump(), is_running=order.expires_at > now)


async def start_confirming(session: AsyncSession, *, order_id: UUID) -> OrderRead:
    """The buyer pressed Pay: created becomes awaiting_payment, and the lease gets its grace, once.

    Raises:
        OrderNotPayableError: the time is over, or the order is paid.
    """
    order = await _lock(session, order_id)
    if not rules.can_pay(OrderStatus(order.status)):
        raise OrderNotPayableError(OrderStatus(order.status))
    now = await repository.get_database_time(session)
    grace_seconds = get_settings().payment_grace_seconds
    until = rules.grace_until(
        order.expires_at, now, grace_seconds, is_grace_used=order.is_grace_used
    )
    # The lease is asked first, once: two looks at the clock could disagree about the last instant.
    lease = await tickets.extend_lease(
        session, ticket_id=order.ticket_id, order_id=order_id, until=until or order.expires_at
    )
    if lease is None:
        raise OrderNotPayableError(OrderStatus.EXPIRED)
    changes: dict[str, object] = {"expires_at": until, "is_grace_used": True} if until else {}
    awaiting = await repository.transition(
        session, order_id=order_id, to=OrderStatus.AWAITING_PAYMENT, values=changes
    )
    _record(session, OrderUpdated, awaiting, lease)
    return _read(awaiting)


async def return_to_created(session: AsyncSession, *, order_id: UUID) -> None:
    """A card was declined and another may be tried: the hold goes on to its deadline."""
    order = await _lock(session, order_id)
    if order.status == OrderStatus.AWAITING_PAYMENT:
        created = await repository.transition(session, order_id=order_id, to=OrderStatus.CREATED)
        _record(session, OrderUpdated, created, None)


async def claim_for_capture(session: AsyncSession, *, order_id: UUID) -> bool:
    """The point of no return: from here the order can neither expire nor be cancelled.

    True when the claim was made now or before; false when the order is over: then nothing may be
    captured. The lease, which is the deadline, must still be its own and run.
    """
    order = await _lock(session, order_id)
    if not rules.can_pay(OrderStatus(order.status)):
        return order.status == OrderStatus.CAPTURING
    lease = await tickets.keep_for_capture(session, ticket_id=order.ticket_id, order_id=order_id)
    if lease is None:
        return False
    claimed = await repository.transition(session, order_id=order_id, to=OrderStatus.CAPTURING)
    _record(session, OrderUpdated, claimed, lease)
    return True


async def complete_order(session: AsyncSession, *, order_id: UUID) -> OrderStatus:
    """The money is captured: the ticket is the buyer's. Returns the status that the order has now."""
    order = await _lock(session, order_id)
    if order.status in rules.SOURCES[OrderStatus.COMPLETED]:
        completed = await repository.transition(
            session, order_id=order_id, to=OrderStatus.COMPLETED
        )
        lease = await tickets.mark_sold(session, ticket_id=order.ticket_id, order_id=order_id)
        _record(session, OrderCompleted, completed, lease)
        log.info("order.completed", order_id=str(order_id))
    return await _status(session, order_id)


async def cancel_unpaid(
    session: AsyncSession, *, order_id: UUID, is_void_at_stripe: bool = False
) -> OrderStatus:
    """Payment failed for good: the ticket is free. Returns the status that the order has now.

    `is_void_at_stripe`: Stripe says the payment is cancelled; only then may capturing be given up.
    """
    order = await _lock(session, order_id)
    sources = rules.SOURCES[OrderStatus.CANCELLED] if is_void_at_stripe else rules.PAYABLE
    await _end(session, order, OrderStatus.CANCELLED, sources)
    return await _status(session, order_id)


async def follow_refund(session: AsyncSession, *, order_id: UUID, to: OrderStatus) -> OrderStatus:
    """Let a paid order be refunding or refunded; the ticket stays sold. Returns the status now.

    An order that is not where this may start is left alone: it was never paid, or is there already.
    """
    order = await _lock(session, order_id)
    if order.status in rules.SOURCES[to]:
        followed = await repository.transition(session, order_id=order_id, to=to)
        _record(session, OrderUpdated, followed, None)
        log.info("order.refund", order_id=str(order_id), status=to)
    return await _status(session, order_id)


# ---- inside ------------------------------------------------------------------------------------


async def _get(session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None) -> Order:
    """Return the order as it is now; with `buyer_id`, only one's own."""
    order = await repository.get_order(session, order_id)
    if order is None or (buyer_id is not None and order.buyer_id != buyer_id):
        raise OrderNotFoundError
    return order


async def _lock(session: AsyncSession, order_id: UUID, *, buyer_id: UUID | None = None) -> Order:
    """Lock the ticket of the order, then read the order: its status cannot change any more."""
    order = await _get(session, order_id, buyer_id=buyer_id)
    await tickets.lock_ticket_row(session, ticket_id=order.ticket_id)
    return await _get(session, order_id)


async def _status(session: AsyncSession, order_id: UUID) -> OrderStatus:
    return OrderStatus((await _get(session, order_id)).status)


async def _end(
    session: AsyncSession, order: Order, to: OrderStatus, sources: frozenset[OrderStatus]
) -> bool:
    """Close the order and release its own lease, never another order's; false when it was not open."""
    if order.status not in sources:
        return False
    ended = await repository.transition(session, order_id=order.id, to=to)
    lease = await tickets.release(session, ticket_id=order.ticket_id, order_id=order.id)
    if lease and lease.status is not TicketStatus.FOR_SALE:
        lease = None  # Withdrawn after the time was over: nobody must be told that it is free.
    _record(session, OrderExpired if to is OrderStatus.EXPIRED else OrderCancelled, ended, lease)
    log.info("order.ended", order_id=str(order.id), status=to)
    return True


def _record(
    session: AsyncSession, kind: type[OrderEvent], order: Order, lease: TicketLease | None
) -> None:
    event = kind(
        order_id=order.id,
        order_version=order.version,
        status=order.status,
        buyer_id=order.buyer_id,
        price_cents=order.price_cents,
        currency=order.currency,
        expires_at=order.expires_at,
        ticket_id=order.ticket_id,
        ticket_version=lease.version if lease else None,
        locked_until=lease.locked_until if lease else None,
    )
    outbox.record(session, event)


def _read(order: Order) -> OrderRead:
    return OrderRead(
        ticket=OrderTicket(id=order.ticket_id, title=order.title, price_cents=order.price_cents),
        user_id=order.buyer_id,
        **order.model_dump(
            include={"id", "status", "expires_at", "price_cents", "currency", "created_at"}
        ),
    )
