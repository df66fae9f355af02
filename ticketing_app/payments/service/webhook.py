"""Webhooks of Stripe: stored once, handled later, retried until handled."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Webhook
from ticketing_app.payments.schemas import WebhookEvent
from ticketing_app.payments.service import declines, dispute, fraud, refund_record
from ticketing_app.payments.service.settle import settle_charge
from ticketing_app.work import due as work


async def _handle_refund(transaction: Transaction, *, charge_id: UUID) -> None:
    # After a capture and a refund by hand this may be the first webhook: record the payment first.
    await settle_charge(transaction, charge_id=charge_id)
    await refund_record.sync_refunds(transaction, charge_id=charge_id)


async def _handle_decline(transaction: Transaction, *, charge_id: UUID) -> None:
    # The decline was counted when it was stored; the intent's own event settles the charge.
    await declines.close_if_used_up(transaction, charge_id=charge_id)


# Other kinds are stored as handled, without effect.
HANDLERS = (
    dict.fromkeys(rules.SETTLING_KINDS, settle_charge)
    | dict.fromkeys(rules.DECLINE_KINDS, _handle_decline)
    | dict.fromkeys(rules.REFUND_KINDS, _handle_refund)
    | dict.fromkeys(rules.DISPUTE_KINDS, dispute.sync_dispute)
    | dict.fromkeys(rules.FRAUD_KINDS, fraud.warn)
)


class WebhookNotFoundError(AppError):
    def __init__(self, event_id: str) -> None:
        super().__init__(f"There is no stored event {event_id}.")


async def store_webhook(session: AsyncSession, *, event: WebhookEvent) -> bool:
    """Store a webhook of any kind; false if Stripe sent it before."""
    handled_at = None if event.kind in HANDLERS else utc_now()
    webhook = Webhook(
        id=event.id, kind=event.kind, intent_id=event.intent_id, handled_at=handled_at
    )
    is_new = await repository.add_webhook(session, webhook)
    # Count a declined card now, since the webhook is signed: by the time it is handled, Stripe may
    # report only a later decline.
    if is_new and event.decline and event.intent_id:
        charge = await repository.get_by_stripe_id(session, event.intent_id)
        if charge:
            await declines.count(session, charge, [event.decline])
    if is_new and handled_at is None:
        await work.want(session, rules.webhook_work(event.kind), event.id)
    return is_new


async def handle_webhook(transaction: Transaction, event_id: str) -> None:
    """Handle this stored webhook.

    It only signals that its intent changed; the change is read from Stripe.
    """
    async with transaction() as session:
        webhook = await repository.get_unhandled_webhook(session, event_id)
        if webhook is None:
            return
        charge = None
        if webhook.intent_id and webhook.kind in HANDLERS:
            charge = await repository.get_by_stripe_id(session, webhook.intent_id)
    if charge:
        await HANDLERS[webhook.kind](transaction, charge_id=charge.id)
    async with transaction() as session:
        await repository.mark_handled(session, event_id)


async def list_urgent(session: AsyncSession) -> list[str]:
    return await _list_unhandled(session, rules.WEBHOOK_WORK)


async def list_later(session: AsyncSession) -> list[str]:
    return await _list_unhandled(session, rules.LATER_WEBHOOK_WORK)


async def _list_unhandled(session: AsyncSession, name: str) -> list[str]:
    unhandled = await repository.list_unhandled_webhooks(session)
    return [webhook.id for webhook in unhandled if rules.webhook_work(webhook.kind) == name]


async def replay(session: AsyncSession, *, event_id: str) -> None:
    """Handle a stored webhook again; always harmless."""
    webhook = await repository.reset_webhook(session, event_id)
    if webhook is None:
        raise WebhookNotFoundError(event_id)
    await work.want(session, rules.webhook_work(webhook.kind), event_id)
