"""Pay an order, step by step, and follow its money back: called by payments, in its transactions."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.messaging.catalog import OrderCompleted, OrderUpdated
from ticketing_app.orders import repository, rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead, PayableOrder
from ticketing_app.orders.service import access, ownership
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import tickets

log = get_logger()


class OrderNotPayableError(AppError):
    """The hold is over, or the order was paid already."""

    status = HTTPStatus.CONFLICT

    def __init__(self, status: OrderStatus) -> None:
        """Say what it means for the money."""
        if status is OrderStatus.CANCELLED:
            sentence = (
                "This order was cancelled, so it can no longer be paid. Your card was not charged."
            )
        elif status in rules.PAYABLE | rules.ENDED_UNPAID:
            sentence = "The time for this order is over, so it can no longer be paid. Your card was not charged."
        elif status in rules.REFUND_SENTENCES:
            sentence = f"{rules.REFUND_SENTENCES[status]} You are not charged again."
        else:
            sentence = "This order is paid or being paid already. You are not charged twice."
        super().__init__(sentence)


async def get_payable(
    session: AsyncSession, *, order_id: UUID, buyer_id: UUID | None = None, for_update: bool = False
) -> PayableOrder:
    """Return what a payment needs to know; with `buyer_id`, only one's own order.

    `for_update` waits for a transition that is under way and holds off others to the end of the
    transaction: then "it is over" stays true.

    Raises:
        OrderNotFoundError: none with this id, or somebody else's.
    """
    order = await (access.lock if for_update else access.get)(session, order_id, buyer_id=buyer_id)
    now = await repository.get_database_time(session)
    return PayableOrder(**order.model_dump(), is_running=order.expires_at > now)


async def start_confirming(session: AsyncSession, *, order_id: UUID) -> OrderRead:
    """The buyer pressed Pay: created becomes awaiting_payment, and the lease gets its grace, once.

    Raises:
        OrderNotPayableError: the time is over, or the order was paid.
    """
    order = await access.lock(session, order_id)
    if not rules.can_pay(OrderStatus(order.status)):
        raise OrderNotPayableError(OrderStatus(order.status))
    now = await repository.get_database_time(session)
    grace_seconds = get_settings().payment_grace_seconds
    until = rules.grace_until(
        order.expires_at, now, grace_seconds, is_grace_used=order.is_grace_used
    )
    # The lease is asked first, once: two looks at the clock could disagree about the last instant.
    lease = await leases.extend_lease(
        session, ticket_id=order.ticket_id, order_id=order_id, until=until or order.expires_at
    )
    if lease is None:
        raise OrderNotPayableError(OrderStatus.EXPIRED)
    changes: dict[str, object] = {"expires_at": until, "is_grace_used": True} if until else {}
    awaiting = await repository.transition(
        session, order_id=order_id, to=OrderStatus.AWAITING_PAYMENT, values=changes
    )
    access.record(session, OrderUpdated, awaiting, lease)
    return access.to_read(awaiting)


async def return_to_created(session: AsyncSession, *, order_id: UUID) -> None:
    """A card was declined and another may be tried: the hold goes on to its deadline."""
    order = await access.lock(session, order_id)
    if order.status == OrderStatus.AWAITING_PAYMENT:
        created = await repository.transition(session, order_id=order_id, to=OrderStatus.CREATED)
        access.record(session, OrderUpdated, created, None)


async def claim_for_capture(session: AsyncSession, *, order_id: UUID) -> bool:
    """The point of no return: from here the order can neither expire nor be cancelled.

    True when the claim was made now or before; false when the order is over: then nothing may be
    captured. The lease, which is the deadline, must still be its own and run.
    """
    order = await access.lock(session, order_id)
    if not rules.can_pay(OrderStatus(order.status)):
        return order.status == OrderStatus.CAPTURING
    lease = await leases.keep_for_capture(session, ticket_id=order.ticket_id, order_id=order_id)
    if lease is None:
        return False
    claimed = await repository.transition(session, order_id=order_id, to=OrderStatus.CAPTURING)
    access.record(session, OrderUpdated, claimed, lease)
    return True


async def complete_order(session: AsyncSession, *, order_id: UUID) -> OrderStatus:
    """The money is captured: the ticket is the buyer's. Returns the status that the order has now.

    It is refunding when the ticket is another order's: then the money has to go back.
    """
    order = await access.lock(session, order_id)
    if order.status in rules.SOURCES[OrderStatus.COMPLETED]:
        lease = await leases.mark_sold(session, ticket_id=order.ticket_id, order_id=order_id)
        if lease is None:
            return await give_up_captured(session, order_id=order_id)
        completed = await repository.transition(
            session, order_id=order_id, to=OrderStatus.COMPLETED
        )
        access.record(session, OrderCompleted, completed, lease)
        log.info("order.completed", order_id=str(order_id))
    return await access.get_status(session, order_id)


async def give_up_captured(session: AsyncSession, *, order_id: UUID) -> OrderStatus:
    """The money is captured and no ticket can be given for it: the order becomes refunding.

    Its listing goes off sale. Any order that is not capturing is left alone. Returns the status now.
    """
    order = await access.lock(session, order_id)
    if order.status == OrderStatus.CAPTURING:
        given_up = await repository.transition(session, order_id=order_id, to=OrderStatus.REFUNDING)
        await leases.withdraw(session, ticket_id=order.ticket_id, order_id=order_id)
        access.record(session, OrderUpdated, given_up, None)
        log.error("order.given_up", order_id=str(order_id))
    return await access.get_status(session, order_id)


async def follow_dispute(session: AsyncSession, *, order_id: UUID, is_open: bool) -> None:
    """Let the ticket of a disputed order have no owner, and of a dispute that was won its own again.

    A listing that its buyer made of it ends, as after a refund.
    """
    order = await access.lock(session, order_id)
    await repository.set_disputed(session, order_id, is_disputed=is_open)
    await ownership.end_unowned_listing(session, ticket_id=order.ticket_id)


async def follow_refund(session: AsyncSession, *, order_id: UUID, to: OrderStatus) -> OrderStatus:
    """Let a paid order be refunding or refunded; the ticket stays sold. Returns the status now.

    A listing of the seat by who is no longer its owner ends.

    An order that is not where this may start is left alone: it was never paid, or is there already.
    """
    order = await access.lock(session, order_id)
    if order.status in rules.SOURCES[to] & rules.PAID:
        followed = await repository.transition(session, order_id=order_id, to=to)
        await ownership.end_unowned_listing(session, ticket_id=order.ticket_id)
        ticket = await tickets.get_ticket(session, ticket_id=order.ticket_id)
        access.record(session, OrderUpdated, followed, None, seller_id=ticket.seller_id)
        log.info("order.refund", order_id=str(order_id), status=to)
    return await access.get_status(session, order_id)
