"""Refunds of orders whose tickets did not come, through the ordinary refunds."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.payments.service import refund
from ticketing_app.payments.service.refund import OrderNotRefundableError

REASON = "The seller did not send the tickets."

log = get_logger()


async def refund_order(transaction: Transaction, key: str) -> timedelta | None:
    """Request the refund of this order, unless all of its money is given back already."""
    order_id = UUID(key)
    async with transaction() as session:
        order = await order_payment.get_payable(session, order_id=order_id, for_update=True)
        is_requested = all(item.refund_requested_at for item in order.items)
        # A refund that failed is not repeated: it waits for an operator.
        if order.status is not OrderStatus.COMPLETED or is_requested:
            return None
        # All the money was given back by hand.
        with suppress(OrderNotRefundableError):
            await refund.request_refund(session, order_id=order_id, reason=REASON)
            log.info("delivery.refunding", order_id=key)
    return None
