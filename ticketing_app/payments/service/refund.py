"""Refunds: requested by an operator, or for an order that was over.

A refund is first requested (`due`, committed with its order), then made at Stripe, and succeeds only when
Stripe reports that the bank has the money. A bank may still send it back days later.
"""

from collections.abc import Collection
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.deliveries.service import following
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service import refund as orders
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.models import Charge, Refund
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.service import charges, refund_record, resale
from ticketing_app.payments.service.refund_book import RefundBook, open_book


class OrderNotRefundableError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, *, is_refunded: bool = False) -> None:
        super().__init__(
            "The money of this order was given back already."
            if is_refunded
            else "Nothing was paid for this order."
        )


class TicketNotOrderedError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "This ticket is not part of the order."


class TooLittleLeftError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "A part of the money was given back by hand, and the rest is not more than the price of these "
        "tickets. Refund the whole order."
    )


async def request_refund(
    session: AsyncSession,
    *,
    order_id: UUID,
    reason: str,
    ticket_ids: Collection[UUID] | None = None,
) -> UUID:
    """Request the refund of these tickets, all by default; return the charge. They stay off sale.

    Repeating it during a refund has no effect; after a failed one, it starts another attempt.

    Raises:
        OrderNotFoundError: no such order.
        TicketNotOrderedError: the order does not have one of the tickets.
        OrderNotRefundableError: nothing was paid, or it is refunded already.
        TooLittleLeftError: after refunds by hand, this refund would end the order.
    """
    order = await order_payment.get_payable(session, order_id=order_id, for_update=True)
    charge = await repository.get_paid_charge(session, order_id)
    if charge is None:
        raise OrderNotRefundableError
    if not set(ticket_ids or []) <= set(order.ticket_ids):
        raise TicketNotOrderedError
    book = await open_book(session, charge, order)
    chosen = order.ticket_ids if ticket_ids is None else ticket_ids
    refunded = book.open_items(chosen)
    if book.left_cents > 0 and refunded:
        amount_cents = sum(item.price_cents for item in refunded)
        if refunded == book.open_items(order.ticket_ids):
            # All that is left: less than the price after a refund by hand.
            amount_cents = book.left_cents
        elif amount_cents >= book.left_cents:
            raise TooLittleLeftError
        await _request(
            session, book, amount_cents, [item.ticket_id for item in refunded], reason=reason
        )
    elif not book.is_undone(chosen):
        raise OrderNotRefundableError(is_refunded=True)
    return charge.id


async def request_for_charge(session: AsyncSession, *, charge_id: UUID, reason: str) -> None:
    """Record that all the money must be refunded; its work retries until it is."""
    charge, order = await charges.get_charge(session, charge_id=charge_id)
    book = await open_book(session, charge, order)
    if book.left_cents > 0:
        await _request(session, book, book.left_cents, book.rest_ids(), reason=reason)


async def _request(
    session: AsyncSession, book: RefundBook, amount_cents: int, ticket_ids: list[UUID], reason: str
) -> None:
    order_id = book.order.id
    await orders.follow_refund(
        session, order_id=order_id, to=OrderStatus.REFUNDING, ticket_ids=ticket_ids
    )
    await following.follow_refund(session, order_id=order_id)
    await resale.report_double_income(session, order_id=order_id, ticket_ids=ticket_ids)
    await book.add(session, amount_cents=amount_cents, ticket_ids=ticket_ids, reason=reason)
    await book.save(session)


async def execute_refund(transaction: Transaction, *, charge_id: UUID) -> None:
    """Make the refunds of this charge that are due, and sync those that are pending.

    Raises:
        StripeUnavailableError: unknown whether one was made; the caller retries.
    """
    async with transaction() as session:
        charge = await repository.get_charge(session, charge_id)
        refunds = await repository.list_refunds(session, charge_id)
    undone = [refund.id for refund in refunds if refund.status in rules.UNDONE_REFUND]
    if charge and not undone and charge.refund_status in rules.UNDONE_REFUND:
        undone = await _adopt(transaction, charge_id)
    for refund_id in undone:
        await make_refund(transaction, refund_id=refund_id)


async def _adopt(transaction: Transaction, charge_id: UUID) -> list[UUID]:
    """Add the refund that the previous version of the program has requested."""
    async with transaction() as session:
        charge, order = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        book = await open_book(session, charge, order)
        return [refund.id for refund in book.refunds if refund.status in rules.UNDONE_REFUND]


async def make_refund(transaction: Transaction, *, refund_id: UUID) -> None:
    """Make a refund that is due, or sync one that is pending; ignore any other.

    Raises:
        StripeUnavailableError: unknown whether it was made; the caller retries, with the same key unless
            Stripe stored an error under it.
    """
    due = await _read_due(transaction, refund_id)
    if due is None:
        return
    refund, charge = due
    try:
        made = await intents.refund_intent(
            str(charge.stripe_id),
            key=f"refund-{refund.id}-{refund.attempt}",
            amount_cents=refund.amount_cents,
            charge_id=charge.id,
            refund_id=refund.id,
        )
    except StripeRefusedError as error:
        # Usually Stripe has less left than we know, as money was given back by hand.
        await refund_record.sync_refunds(transaction, charge_id=charge.id)
        await refund_record.record_refusal(transaction, refund=refund, code=error.code)
    except StripeUnavailableError as error:
        if error.is_answered:
            # Stripe would replay this response under the same key for a day.
            async with transaction() as session:
                await repository.begin_attempt(session, refund_id, refund.attempt + 1)
        raise
    else:
        await refund_record.record(transaction, charge_id=charge.id, found=[made])


async def _read_due(transaction: Transaction, refund_id: UUID) -> tuple[Refund, Charge] | None:
    async with transaction() as session:
        found = await repository.get_refund(session, refund_id)
    if found and (found[0].status == RefundStatus.PENDING or found[0].attempt):
        # With a new key, Stripe would make it again: look whether an earlier attempt did.
        await refund_record.sync_refunds(transaction, charge_id=found[1].id)
        async with transaction() as session:
            found = await repository.get_refund(session, refund_id)
    if found is None or found[0].status != RefundStatus.DUE or found[1].stripe_id is None:
        return None
    return found
