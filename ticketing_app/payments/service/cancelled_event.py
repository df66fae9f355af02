"""Refund the orders of a cancelled event through the ordinary refunds."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.events.service import cancelled as events
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service import refund as orders
from ticketing_app.payments.service import refund
from ticketing_app.payments.service.refund import OrderNotRefundableError, TooLittleLeftError
from ticketing_app.tickets.service import event_orders as tickets

REASON = "The event was cancelled."
# A cancellation after the start is possible, too: the event did not take place.
REPEATED = timedelta(days=7)

log = get_logger()


async def refund_event(transaction: Transaction, *, event_id: UUID) -> int:
    """Request the refunds of the paid orders of this event; return their number.

    May be repeated and run concurrently. Each order has a transaction of its own. An order that is being
    captured is refunded when it completes.
    """
    async with transaction() as session:
        order_ids = await tickets.list_order_ids(session, event_id=event_id)
        # The newest sale of a seat first: otherwise its seller would count as paid twice.
        unrefunded = await orders.list_unrefunded(session, order_ids=order_ids)
    count = 0
    for order_id in unrefunded:
        async with transaction() as session:
            # Waits for a payment that is being completed: it may have seen the event before.
            order = await order_payment.get_payable(session, order_id=order_id, for_update=True)
            count += await _refund(session, order)
    if count:
        log.info("event.refunding", event_id=str(event_id), orders=count)
    return count


async def list_cancelled(session: AsyncSession) -> list[UUID]:
    """Return the events to check again, in case a worker died before all refunds were requested."""
    return await events.list_cancelled(session, since=utc_now() - REPEATED)


async def refund_if_cancelled(session: AsyncSession, *, order: PayableOrder) -> OrderStatus:
    """Refund an order that was paid while its event was cancelled; return its present status."""
    if not await tickets.is_event_cancelled(session, ticket_id=order.ticket_ids[0]):
        return order.status
    await _refund(session, order)
    return (await order_payment.get_payable(session, order_id=order.id)).status


async def _refund(session: AsyncSession, order: PayableOrder) -> bool:
    # A refund that failed is not repeated: it waits for an operator.
    ticket_ids = [item.ticket_id for item in order.items if item.refund_requested_at is None]
    if order.status is not OrderStatus.COMPLETED or not ticket_ids:
        return False
    # Nothing to do if all the money was given back by hand.
    with suppress(OrderNotRefundableError):
        try:
            await refund.request_refund(
                session, order_id=order.id, reason=REASON, ticket_ids=ticket_ids
            )
        except TooLittleLeftError:
            await refund.request_refund(session, order_id=order.id, reason=REASON)
    return True
