"""Notices of tickets that a seller sends after the sale, to both sides, with reminders."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries import rules as deliveries
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.deliveries.service import queries
from ticketing_app.messaging.catalog import DeliveryAddressChanged, DeliveryChanged
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import order_facts, order_notices
from ticketing_app.notices.views.facts import DeliveryFacts
from ticketing_app.orders.schemas import OrderSummary
from ticketing_app.orders.service import summary
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.work import due as work

REMINDER_WORK = "notices.delivery"
# A letter is sent while the delivery has this status.
STATUSES: Mapping[str, DeliveryStatus] = {
    "send_tickets": DeliveryStatus.WAITING,
    "send_soon": DeliveryStatus.WAITING,
    "send_again": DeliveryStatus.WAITING,
    "send_elsewhere": DeliveryStatus.WAITING,
    "sent_elsewhere": DeliveryStatus.WAITING,
    "send_late": DeliveryStatus.LATE,
    "tickets_late": DeliveryStatus.LATE,
    "tickets_sent": DeliveryStatus.SENT,
    "tickets_there": DeliveryStatus.SENT,
    "not_sent": DeliveryStatus.FAILED,
    "tickets_failed": DeliveryStatus.FAILED,
}
_TO_SELLER = {
    Transition.BEGIN: "send_tickets",
    Transition.ISSUE_REFUSED: "send_tickets",
    Transition.WAIT: "send_again",
    Transition.BE_LATE: "send_late",
    Transition.GIVE_UP: "not_sent",
}
_TO_BUYER = {
    Transition.SEND: "tickets_sent",
    Transition.BE_LATE: "tickets_late",
    Transition.GIVE_UP: "tickets_failed",
}
_SENT_BY_SELLER = frozenset({DeliveryMethod.TRANSFER, DeliveryMethod.FILE_LATER})


async def tell_change(session: AsyncSession, event: DeliveryChanged) -> None:
    """Notify both sides of a change. Other methods need no act of the seller."""
    is_sent = event.method in _SENT_BY_SELLER
    if not is_sent and event.method != DeliveryMethod.REISSUE:
        return
    order = await summary.get_summary(session, order_id=event.order_id)
    key = f"{event.delivery_id}:{event.delivery_version}"
    due_at = event.due_at.isoformat() if event.due_at else None
    name = Transition(event.transition)
    # The issuer has to act, not the seller.
    if is_sent and (kind := _TO_SELLER.get(name)):
        await order_notices.tell_seller(session, order, kind, key=key, due_at=due_at)
    if kind := _TO_BUYER.get(name):
        await order_notices.tell_buyer(session, order, kind, key=key, due_at=due_at)
    if is_sent:
        await _schedule(session, event)


async def tell_new_address(session: AsyncSession, event: DeliveryAddressChanged) -> None:
    order = await summary.get_summary(session, order_id=event.order_id)
    key = f"{event.order_id}:{event.address_version}"
    await order_notices.tell_seller(session, order, "send_elsewhere", key=key)
    await order_notices.tell_buyer(session, order, "sent_elsewhere", key=key)


async def _schedule(session: AsyncSession, event: DeliveryChanged) -> None:
    now = utc_now()
    at = None
    if event.status == DeliveryStatus.WAITING and event.due_at:
        at = deliveries.next_reminder(event.due_at, now)
    elif event.status == DeliveryStatus.SENT:
        at = now + deliveries.ARRIVAL_QUESTION
    if at:
        await work.want(session, REMINDER_WORK, f"{event.order_id}:{event.status}", at=at)


async def remind(transaction: db.Transaction, key: str) -> timedelta | None:
    """Remind the seller, or ask the buyer, if the delivery still has the status in the key."""
    order_id, _, status = key.partition(":")
    async with transaction() as session:
        order = await summary.get_summary(session, order_id=UUID(order_id))
        delivery = await queries.get_delivery(session, order_id=order.id, viewer_id=order.buyer_id)
        if delivery.status != status:
            return None
        if delivery.due_at is None:
            await order_notices.tell_buyer(session, order, "tickets_there")
            return None
        return await _remind_seller(session, order, delivery.due_at)


async def _remind_seller(
    session: AsyncSession, order: OrderSummary, due_at: datetime
) -> timedelta | None:
    now = utc_now()
    passed = [before for before in deliveries.REMINDERS if due_at - before <= now]
    if passed:
        facts = {"key": f"{order.id}:{due_at}:{min(passed)}", "due_at": due_at.isoformat()}
        await order_notices.tell_seller(session, order, "send_soon", **facts)
    following = deliveries.next_reminder(due_at, now)
    return following - now if following else None


async def prepare(session: AsyncSession, mail: DueMail) -> DeliveryFacts | None:
    order = await summary.get_summary(session, order_id=UUID(mail.facts["order_id"]))
    delivery = await queries.get_delivery(session, order_id=order.id, viewer_id=order.buyer_id)
    if delivery.status is not STATUSES[mail.kind]:
        return None
    promise = order.tickets[0].delivery
    return DeliveryFacts(
        **order_facts.facts_of(order).model_dump(),
        due_at=delivery.due_at,
        issuer=deliveries.issuer_name(promise.issuer if promise else None),
        is_transfer=delivery.method is DeliveryMethod.TRANSFER,
    )
