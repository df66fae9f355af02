"""Notices that domain events cause."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import new_id
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import (
    CaseChanged,
    CaseOpened,
    ChargeRefunded,
    DeliveryAddressChanged,
    DeliveryChanged,
    EmailChanged,
    EmailChangeRequested,
    EmailConfirmationRequested,
    EventCancelled,
    EventChanged,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExpired,
    PasskeyAdded,
    PasskeyRemoved,
    PasswordChanged,
    PasswordResetRequested,
    TicketGiven,
    UserCreated,
    UserSignedIn,
)
from ticketing_app.notices.service import (
    case_notices,
    delivery_notices,
    door_notices,
    event_notices,
    gift_notices,
    order_notices,
    reminding,
    telling,
)
from ticketing_app.orders.service import summary

BATCH = 200


async def on_user_created(session: AsyncSession, event: UserCreated) -> None:
    key = f"welcome:{event.user_id}"
    await telling.tell(session, user_id=event.user_id, kind="welcome", key=key, facts={})


async def on_email_confirmation_requested(
    session: AsyncSession, event: EmailConfirmationRequested
) -> None:
    await _tell_owner(session, event.user_id, "confirm_address", event.email)


async def on_password_reset_requested(session: AsyncSession, event: PasswordResetRequested) -> None:
    await _tell_owner(session, event.user_id, "reset_password", event.email)


async def on_email_change_requested(session: AsyncSession, event: EmailChangeRequested) -> None:
    facts = {"user_version": event.user_version}
    await _tell_owner(session, event.user_id, "address_change", event.new_email, **facts)


async def on_email_changed(session: AsyncSession, event: EmailChanged) -> None:
    await _tell_owner(session, event.user_id, "address_changed", event.former_email)


async def on_password_changed(session: AsyncSession, event: PasswordChanged) -> None:
    facts = {"is_reset": event.is_reset}
    await _tell_owner(session, event.user_id, "password_changed", event.email, **facts)


async def on_passkey_added(session: AsyncSession, event: PasskeyAdded) -> None:
    await _tell_owner(
        session, event.user_id, "passkey_added", event.email, title=event.passkey_name
    )


async def on_passkey_removed(session: AsyncSession, event: PasskeyRemoved) -> None:
    await _tell_owner(
        session, event.user_id, "passkey_removed", event.email, title=event.passkey_name
    )


async def on_user_signed_in(session: AsyncSession, event: UserSignedIn) -> None:
    if not event.is_new_device:
        return
    facts = {"device": event.device, "client_address": event.address}
    await _tell_owner(session, event.user_id, "new_signin", event.email, **facts)


async def _tell_owner(
    session: AsyncSession, user_id: UUID, kind: str, address: str, **facts: int | str
) -> None:
    # Each event is handled once, and the owner may ask for the same again.
    key = f"{kind}:{new_id()}"
    await telling.tell(session, user_id=user_id, kind=kind, key=key, facts=facts, address=address)


async def on_order_created(session: AsyncSession, event: OrderCreated) -> None:
    if event.seller_id:
        await order_notices.tell_hold(session, event, event.seller_id, "order_started", event.title)
    await reminding.schedule(session, order_id=event.order_id, expires_at=event.expires_at)


async def on_order_expired(session: AsyncSession, event: OrderExpired) -> None:
    titles = await summary.list_titles(session, order_ids=[event.order_id])
    title = titles[event.order_id].title
    await order_notices.tell_hold(session, event, event.buyer_id, "order_expired", title)


async def on_order_cancelled(session: AsyncSession, event: OrderCancelled) -> None:
    order = await summary.get_summary(session, order_id=event.order_id)
    # A buyer who caused the end, by a release or declined cards, has seen it on the page.
    if order.is_excused:
        await order_notices.tell_buyer(session, order, "order_cancelled")


async def on_order_completed(session: AsyncSession, event: OrderCompleted) -> None:
    order = await summary.get_summary(session, order_id=event.order_id)
    await order_notices.tell_buyer(session, order, "paid")
    await order_notices.tell_seller(session, order, "sold")


async def on_delivery_changed(session: AsyncSession, event: DeliveryChanged) -> None:
    await delivery_notices.tell_change(session, event)
    # With the payment the receipt says it.
    if event.status == DeliveryStatus.READY and event.transition != Transition.BEGIN:
        order = await summary.get_summary(session, order_id=event.order_id)
        await order_notices.tell_buyer(session, order, "tickets_here")
    # Received in the app of an issuer, there is nothing to show here.
    if event.transition == Transition.OPEN:
        await door_notices.schedule(session, order_id=event.order_id)


async def on_delivery_address_changed(session: AsyncSession, event: DeliveryAddressChanged) -> None:
    await delivery_notices.tell_new_address(session, event)


async def on_ticket_given(session: AsyncSession, event: TicketGiven) -> None:
    await gift_notices.tell_change(session, event)


async def on_charge_refunded(session: AsyncSession, event: ChargeRefunded) -> None:
    order = await summary.get_summary(session, order_id=event.order_id)
    cents = event.amount_cents if event.refunded_cents is None else event.refunded_cents
    key = event.stripe_refund_id
    await order_notices.tell_buyer(session, order, "refunded", key=key, refunded_cents=cents)
    # Money that arrived too late is refunded without a sale.
    if await order_notices.has_told_sale(session, order):
        await order_notices.tell_seller(
            session, order, "sale_refunded", key=key, refunded_cents=cents
        )


async def on_event_changed(session: AsyncSession, event: EventChanged) -> None:
    """Notify a batch of the buyers if time or place changed; recorded again while more are left."""
    if event.has_moved and await event_notices.tell_change(session, event=event, limit=BATCH):
        outbox.record(session, event)


async def on_event_cancelled(session: AsyncSession, event: EventCancelled) -> None:
    """Notify a batch of buyers and sellers; recorded again while more are left."""
    if await event_notices.tell_cancellation(session, event_id=event.event_id, limit=BATCH):
        outbox.record(session, event)


async def on_case_opened(session: AsyncSession, event: CaseOpened) -> None:
    await case_notices.tell_opening(session, event)


async def on_case_changed(session: AsyncSession, event: CaseChanged) -> None:
    if event.answer:
        await case_notices.tell_answer(session, event)
