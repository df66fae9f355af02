"""Steps of paying an order and of refunding it: called by payments, in its transactions."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging.catalog import OrderCompleted, OrderUpdated
from ticketing_app.orders import rules
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.repository.orders import OrderWithItems
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead, PayableItem, PayableOrder
from ticketing_app.orders.service import access, ownership
from ticketing_app.tickets.service import lease as leases

log = get_logger()


class OrderNotPayableError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, status: OrderStatus) -> None:
        if status is OrderStatus.CANCELLED:
            sentence = f"This order was cancelled, so it can no longer be paid. {rules.NOT_CHARGED}"
        elif status in rules.PAYABLE | rules.ENDED_UNPAID:
            sentence = (
                f"The time for this order is over, so it can no longer be paid. {rules.NOT_CHARGED}"
            )
        elif status in rules.REFUND_SENTENCES:
            sentence = f"{rules.REFUND_SENTENCES[status]} You are not charged again."
        else:
            sentence = "This order is paid or being paid already. You are not charged twice."
        super().__init__(sentence)


async def get_payable(
    session: AsyncSession, *, order_id: UUID, buyer_id: UUID | None = None, for_update: bool = False
) -> PayableOrder:
    """Return the order; `buyer_id` restricts it to that buyer's orders."""
    if for_update:
        # Waits for a transition in progress and blocks others: an order that is over stays over until the
        # end of the transaction.
        await access.lock_tickets(session, order_id, buyer_id=buyer_id)
    found = await repository.get_running(session, order_id)
    if found is None or (buyer_id is not None and found.order.buyer_id != buyer_id):
        raise access.OrderNotFoundError
    return PayableOrder(
        **found.order.model_dump(),
        items=[PayableItem.model_validate(item.model_dump()) for item in found.items],
        is_running=found.is_running,
    )


async def start_confirming(session: AsyncSession, *, order_id: UUID) -> OrderRead:
    """Move created to awaiting_payment when the buyer presses Pay; the lease gets its grace, once."""
    found = await access.lock(session, order_id)
    order = found.order
    if not rules.can_pay(OrderStatus(order.status)):
        raise OrderNotPayableError(OrderStatus(order.status))
    now = await repository.get_database_time(session)
    grace_seconds = get_settings().payment_grace_seconds
    until = rules.grace_until(
        order.expires_at, now, grace_seconds, is_grace_used=order.is_grace_used
    )
    # Only the lease decides whether there is time left: a second reading of the clock could disagree
    # with it at the last instant.
    extended = await leases.extend_lease(
        session,
        ticket_ids=found.ticket_ids,
        order_id=order_id,
        until=until or order.expires_at,
    )
    if not extended:
        raise OrderNotPayableError(OrderStatus.EXPIRED)
    changes: dict[str, object] = {}
    if until:
        changes = {"expires_at": until, "is_grace_used": True}
    awaiting = await repository.transition(
        session, order_id=order_id, to=OrderStatus.AWAITING_PAYMENT, values=changes
    )
    access.record(session, OrderUpdated, awaiting, found.items, leases=extended)
    return await access.read(session, OrderWithItems(awaiting, found.items), is_running=True)


async def return_to_created(session: AsyncSession, *, order_id: UUID) -> None:
    """Allow another card after a decline: the hold runs on to its deadline."""
    order, items = await access.lock(session, order_id)
    if order.status == OrderStatus.AWAITING_PAYMENT:
        created = await repository.transition(session, order_id=order_id, to=OrderStatus.CREATED)
        access.record(session, OrderUpdated, created, items)


async def claim_for_capture(session: AsyncSession, *, order_id: UUID) -> bool:
    """Pass the point of no return; false if the order is over, so nothing may be captured."""
    return await _claim(session, await access.lock(session, order_id))


async def _claim(session: AsyncSession, found: OrderWithItems) -> bool:
    order = found.order
    if not rules.can_pay(OrderStatus(order.status)):
        return order.status == OrderStatus.CAPTURING
    # The lease is the deadline: it must belong to this order and still run, for all tickets.
    kept = await leases.keep_for_capture(session, ticket_ids=found.ticket_ids, order_id=order.id)
    if not kept:
        return False
    # From here the order can neither expire nor be cancelled.
    claimed = await repository.transition(session, order_id=order.id, to=OrderStatus.CAPTURING)
    access.record(session, OrderUpdated, claimed, found.items, leases=kept)
    return True


async def complete_order(session: AsyncSession, *, order_id: UUID) -> OrderStatus:
    """Hand the tickets over after the capture; return the present status of the order."""
    found = await access.lock(session, order_id)
    # Not claimed yet if an operator captured it in time in Stripe's Dashboard.
    if await _claim(session, found):
        sold = await leases.mark_sold(session, ticket_ids=found.ticket_ids, order_id=order_id)
        # A ticket belongs to another order by now: the money has to be refunded.
        if not sold:
            return await give_up_captured(session, order_id=order_id)
        completed = await repository.transition(
            session, order_id=order_id, to=OrderStatus.COMPLETED
        )
        access.record(session, OrderCompleted, completed, found.items, leases=sold)
        log.info("order.completed", order_id=str(order_id))
        return OrderStatus.COMPLETED
    return OrderStatus(found.order.status)


async def give_up_captured(session: AsyncSession, *, order_id: UUID) -> OrderStatus:
    """Move a captured order without all of its tickets to refunding; ignore any other order."""
    found = await access.lock(session, order_id)
    if found.order.status == OrderStatus.CAPTURING:
        given_up = await repository.transition(session, order_id=order_id, to=OrderStatus.REFUNDING)
        # Its tickets must not go back on sale.
        await leases.withdraw(session, ticket_ids=found.ticket_ids, order_id=order_id)
        access.record(session, OrderUpdated, given_up, found.items)
        log.error("order.given_up", order_id=str(order_id))
    return await access.get_status(session, order_id)


async def follow_dispute(session: AsyncSession, *, order_id: UUID, is_open: bool) -> None:
    """Record a dispute or its end; tickets with an open dispute have no owner."""
    found = await access.lock(session, order_id)
    await repository.set_disputed(session, order_id, is_disputed=is_open)
    await ownership.end_unowned_listings(session, ticket_ids=found.ticket_ids)
