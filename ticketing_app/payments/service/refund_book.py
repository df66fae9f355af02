"""The refunds of a charge and the rest of its amount. Changed only under the lock of the order."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import PayableItem, PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Charge, Refund
from ticketing_app.payments.rules import ChargeStatus, RefundStatus
from ticketing_app.payments.schemas import MadeRefund
from ticketing_app.work import due as work


@dataclass
class RefundBook:
    charge: Charge
    order: PayableOrder
    refunds: list[Refund]  # Oldest first.

    @property
    def kept(self) -> list[Refund]:
        """Refunds of which the money is given back, or will be."""
        return [refund for refund in self.refunds if refund.status in rules.KEPT_REFUND]

    @property
    def due(self) -> list[Refund]:
        return [refund for refund in self.refunds if refund.status == RefundStatus.DUE]

    @property
    def left_cents(self) -> int:
        return self.charge.amount_cents - sum(refund.amount_cents for refund in self.kept)

    def is_undone(self, ticket_ids: Collection[UUID]) -> bool:
        """Whether a refund of one of these tickets is under way."""
        return not self._undone_ids.isdisjoint(ticket_ids)

    def open_items(self, ticket_ids: Collection[UUID]) -> list[PayableItem]:
        """Return those items that are not refunded and have no refund under way."""
        return [
            item
            for item in self.order.items
            if item.ticket_id in ticket_ids
            and item.ticket_id not in self._undone_ids
            and not self._is_refunded(item)
        ]

    def rest_ids(self) -> list[UUID]:
        """Return the tickets of all refunds that are due, and of no refund yet."""
        made = {
            ticket_id
            for refund in self.kept
            if refund.status == RefundStatus.PENDING
            for ticket_id in refund.ticket_ids
        }
        return [
            item.ticket_id
            for item in self.order.items
            if item.ticket_id not in made and not self._is_refunded(item)
        ]

    def is_short(self, refund: Refund) -> bool:
        """Whether it is less than the price of its tickets, and no other refund makes up for it."""
        price = sum(
            item.price_cents for item in self.order.items if item.ticket_id in refund.ticket_ids
        )
        return refund.amount_cents < price and self.left_cents > 0

    def find(self, made: MadeRefund) -> Refund | None:
        for refund in self.refunds:
            if refund.stripe_refund_id == made.id or refund.id == made.refund_id:
                return refund
        return None

    @property
    def _undone_ids(self) -> set[UUID]:
        undone = (refund for refund in self.refunds if refund.status in rules.UNDONE_REFUND)
        return {ticket_id for refund in undone for ticket_id in refund.ticket_ids}

    def _is_refunded(self, item: PayableItem) -> bool:
        return bool(item.refunded_at) or self.order.status is OrderStatus.REFUNDED

    async def add(
        self,
        session: AsyncSession,
        *,
        amount_cents: int,
        ticket_ids: Iterable[UUID],
        **fields: object,
    ) -> Refund:
        added = await repository.add_refund(
            session,
            charge_id=self.charge.id,
            amount_cents=amount_cents,
            ticket_ids=list(ticket_ids),
            next_check_at=repository.seconds_from_now(rules.CHECK_AFTER_SECONDS),
            **fields,
        )
        await work.want(session, rules.REFUND_WORK, added.id, at=added.next_check_at)
        self.refunds.append(added)
        return added

    async def change(self, session: AsyncSession, refund: Refund, **values: object) -> Refund:
        changed = await repository.change_refund(session, refund.id, **values)
        self.refunds = [changed if each.id == refund.id else each for each in self.refunds]
        return changed

    async def drop(self, session: AsyncSession, refund: Refund) -> None:
        await repository.delete_refund(session, refund.id)
        self.refunds.remove(refund)

    async def save(self, session: AsyncSession, **values: object) -> Charge:
        """Write the summary to the charge: the previous version of the program reads it."""
        self.order = await order_payment.get_payable(session, order_id=self.order.id)
        last = self.refunds[-1]
        made = [each.stripe_refund_id for each in self.refunds if each.stripe_refund_id]
        if last.status == RefundStatus.DUE:
            values |= {"checks": 0, "next_check_at": last.next_check_at}
        self.charge = await repository.change(
            session,
            self.charge.id,
            refund_status=self._summary(),
            refund_reason=func.coalesce(last.reason, col(Charge.refund_reason)),
            stripe_refund_id=made[-1] if made else None,
            version=col(Charge.version) + 1,
            **values,
        )
        return self.charge

    def _summary(self) -> RefundStatus | None:
        statuses = {refund.status for refund in self.kept}
        if self.left_cents <= 0:
            # In the order of `RefundStatus`: the refund is as far as its last part.
            return next(status for status in RefundStatus if status in statuses)
        ids = [item.ticket_id for item in self.order.items if item.refund_requested_at]
        is_failed = self.charge.status != ChargeStatus.COMPLETED or self.open_items(ids)
        return RefundStatus.FAILED if is_failed else None


async def open_book(session: AsyncSession, charge: Charge, order: PayableOrder) -> RefundBook:
    book = RefundBook(charge, order, await repository.list_refunds(session, charge.id))
    # The previous version of the program records a refund in the charge only.
    if charge.refund_status in rules.KEPT_REFUND and book.left_cents > 0:
        known = {refund.stripe_refund_id for refund in book.refunds}
        is_made = charge.stripe_refund_id not in known
        await book.add(
            session,
            amount_cents=book.left_cents,
            ticket_ids=book.rest_ids(),
            status=charge.refund_status,
            reason=charge.refund_reason,
            stripe_refund_id=charge.stripe_refund_id if is_made else None,
        )
    return book
