"""Copy refunds from Stripe, ours or made in the Dashboard, to charge and order."""

from collections.abc import Iterable
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.db import Transaction
from ticketing_app.deliveries.service import following
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import ChargeRefunded
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import refund as orders
from ticketing_app.payments import rules
from ticketing_app.payments.gateway import intents
from ticketing_app.payments.models import Charge, Refund
from ticketing_app.payments.rules import AlertKind, ChargeStatus, RefundStatus
from ticketing_app.payments.schemas import MadeRefund
from ticketing_app.payments.service import alerts, charges, resale
from ticketing_app.payments.service.refund_book import RefundBook, open_book

REFUNDS_ENDED = Counter(
    "gittix_refunds_ended_total",
    "Ended refunds: succeeded, or failed because the money came back.",
    ["outcome"],
)
metrics.start_at_zero(REFUNDS_ENDED, [RefundStatus.SUCCEEDED, RefundStatus.FAILED])


async def sync_refunds(transaction: Transaction, *, charge_id: UUID) -> None:
    async with transaction() as session:
        charge = (await charges.get_charge(session, charge_id=charge_id)).charge
    if charge.stripe_id is None:
        return
    found = await intents.list_refunds(charge.stripe_id)
    # Stripe lists the newest first.
    if await record(transaction, charge_id=charge_id, found=reversed(found)):
        # Read again: if a refund by hand failed meanwhile, the webhook of that failure came before this
        # record and had no effect.
        await sync_refunds(transaction, charge_id=charge_id)


async def record(transaction: Transaction, *, charge_id: UUID, found: Iterable[MadeRefund]) -> bool:
    """Bring refunds, charge and order to the state of these refunds; true if some were unknown."""
    async with transaction() as session:
        # The lock of the ticket rows serialises all changes of this order.
        charge, order = await charges.get_charge(session, charge_id=charge_id, for_update=True)
        book = await open_book(session, charge, order)
        if charge.status != ChargeStatus.COMPLETED and not book.refunds:
            # The payment is not recorded yet: it has to be settled before this refund.
            return False
        is_new = False
        for made in found:
            refund = book.find(made)
            if refund is None and made.status is not RefundStatus.FAILED:
                refund = await _add_made_by_hand(session, book, made)
                is_new = True
            if refund and rules.advances_refund(RefundStatus(refund.status), made.status):
                await _advance(session, book, refund, made)
        return is_new


async def record_refusal(transaction: Transaction, *, refund: Refund, code: str | None) -> None:
    """Mark a refund that Stripe refused as failed, unless it was made or replaced meanwhile."""
    async with transaction() as session:
        charge, order = await charges.get_charge(
            session, charge_id=refund.charge_id, for_update=True
        )
        book = await open_book(session, charge, order)
        for due in book.due:
            if due.id == refund.id:
                await _record_failed(session, book, due, None, f"Stripe refused it: {code}.")


async def _add_made_by_hand(session: AsyncSession, book: RefundBook, made: MadeRefund) -> Refund:
    """Add a refund made in the Dashboard; refunds that are due make room for it."""
    due_cents = sum(refund.amount_cents for refund in book.due)
    left_cents = book.left_cents + due_cents - made.amount_cents
    if book.charge.refund_status is None:
        await _report_by_hand(session, book, made, is_part=left_cents > 0)
    if left_cents <= 0:
        # All the money is given back: nothing is left for refunds that are due.
        return await _replace_due(session, book, made.amount_cents, stripe_refund_id=made.id)
    if due_cents >= left_cents:
        # They take all that is left, which ends the order.
        await _replace_due(session, book, left_cents)
    return await book.add(
        session, amount_cents=made.amount_cents, ticket_ids=[], stripe_refund_id=made.id
    )


async def _replace_due(
    session: AsyncSession,
    book: RefundBook,
    amount_cents: int,
    *,
    stripe_refund_id: str | None = None,
) -> Refund:
    """Replace the refunds that are due by one of all items that are not refunded."""
    ticket_ids = book.rest_ids()
    reasons = [refund.reason for refund in book.due]
    for refund in book.due:
        await book.drop(session, refund)
    await _follow(session, book, ticket_ids, OrderStatus.REFUNDING)
    await resale.report_double_income(session, order_id=book.order.id, ticket_ids=ticket_ids)
    return await book.add(
        session,
        amount_cents=amount_cents,
        ticket_ids=ticket_ids,
        reason=reasons[-1] if reasons else None,
        stripe_refund_id=stripe_refund_id,
    )


async def _report_by_hand(
    session: AsyncSession, book: RefundBook, made: MadeRefund, *, is_part: bool
) -> None:
    kind = AlertKind.PARTIAL_REFUND if is_part else AlertKind.REFUNDED_BY_HAND
    detail = (
        "Only a part of the price was given back; the order stays paid."
        if is_part
        else "The money was given back in Stripe's Dashboard; the order follows."
    )
    await alerts.raise_alert(session, kind, subject=made.id, order_id=book.order.id, detail=detail)


async def _advance(
    session: AsyncSession, book: RefundBook, refund: Refund, made: MadeRefund
) -> None:
    if made.status is RefundStatus.FAILED:
        await _record_failed(session, book, refund, made.id, "The bank sent the money back to us.")
        return
    is_done = made.status is RefundStatus.SUCCEEDED
    refund = await book.change(
        session,
        refund,
        status=made.status,
        stripe_refund_id=made.id,
        amount_cents=made.amount_cents,
        ended_at=func.clock_timestamp() if is_done else None,
    )
    await _follow(session, book, refund.ticket_ids, OrderStatus.REFUNDING)
    if is_done and not book.is_short(refund):
        await _follow(session, book, refund.ticket_ids, OrderStatus.REFUNDED)
    charge = await book.save(session)
    if is_done:
        _publish(session, charge, refund)


async def _follow(
    session: AsyncSession, book: RefundBook, ticket_ids: Iterable[UUID], to: OrderStatus
) -> None:
    await orders.follow_refund(session, order_id=book.order.id, to=to, ticket_ids=list(ticket_ids))
    await following.follow_refund(session, order_id=book.order.id)


def _publish(session: AsyncSession, charge: Charge, refund: Refund) -> None:
    event = ChargeRefunded(
        stripe_refund_id=str(refund.stripe_refund_id),
        refunded_cents=refund.amount_cents,
        ticket_ids=refund.ticket_ids,
        **charges.facts(charge),
    )
    outbox.record(session, event)
    metrics.count_after_commit(session, REFUNDS_ENDED.labels(RefundStatus.SUCCEEDED))


async def _record_failed(
    session: AsyncSession, book: RefundBook, refund: Refund, stripe_id: str | None, detail: str
) -> None:
    failed = await book.change(
        session,
        refund,
        status=RefundStatus.FAILED,
        stripe_refund_id=stripe_id,
        ended_at=func.clock_timestamp(),
    )
    # The buyer does not have the money, so these items must not count as refunded. After the failure of a
    # part made by hand, these are the items with a smaller refund because of it.
    short = [each for each in book.kept if book.is_short(each)]
    ticket_ids = {ticket_id for each in [failed, *short] for ticket_id in each.ticket_ids}
    await _follow(session, book, ticket_ids, OrderStatus.REFUNDING)
    # For a used key Stripe replays its response for a day.
    await book.save(session, refund_attempt=col(Charge.refund_attempt) + 1)
    metrics.count_after_commit(session, REFUNDS_ENDED.labels(RefundStatus.FAILED))
    await alerts.raise_alert(
        session,
        AlertKind.REFUND_FAILED,
        subject=stripe_id or str(refund.id),
        order_id=book.order.id,
        detail=f"{detail} Refund it again, or pay the buyer in another way.",
    )
