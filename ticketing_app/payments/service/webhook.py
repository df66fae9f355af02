"""Webhooks of Stripe: stored once, handled later, as often as it takes."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Webhook
from ticketing_app.payments.schemas import WebhookEvent
from ticketing_app.payments.service import declines, dispute, fraud, refund
from ticketing_app.payments.service.settle import settle_charge


async def _follow_refund(transaction: Transaction, *, charge_id: UUID) -> None:
    # What was taken and given back by hand may be told in one breath: first that it was paid.
    await settle_charge(transaction, charge_id=charge_id)
    await refund.sync_refund(transaction, charge_id=charge_id)


async def _follow_decline(transaction: Transaction, *, charge_id: UUID) -> None:
    # Counted when it was stored; the intent's own event has it settled.
    await declines.close_if_used_up(transaction, charge_id=charge_id)


HANDLERS = (
    dict.fromkeys(rules.SETTLING_KINDS, settle_charge)
    | dict.fromkeys(rules.DECLINE_KINDS, _follow_decline)
    | dict.fromkeys(rules.REFUND_KINDS, _follow_refund)
    | dict.fromkeys(rules.DISPUTE_KINDS, dispute.sync_dispute)
    | dict.fromkeys(rules.FRAUD_KINDS, fraud.warn)
)
"""What each kind of event lets us ask Stripe. Any other kind is stored and does not concern us."""


class WebhookNotFoundError(AppError):
    """Stripe never sent us an event with this id."""

    def __init__(self, event_id: str) -> None:
        """Name it."""
        super().__init__(f"There is no stored event {event_id}.")


async def store_webhook(session: AsyncSession, *, event: WebhookEvent) -> bool:
    """Keep a webhook, whatever it is about; false when Stripe sent it before.

    A declined card is counted at once: Stripe signed it, and when the webhook is handled Stripe may
    only know of a later one.
    """
    webhook = Webhook(id=event.id, kind=event.kind, intent_id=event.intent_id)
    is_new = await repository.add_webhook(session, webhook)
    if is_new and event.decline and event.intent_id:
        charge = await repository.get_by_stripe_id(session, event.intent_id)
        if charge:
            await declines.count(session, charge, [event.decline])
    return is_new


async def handle_webhook(transaction: Transaction, *, event_id: str | None = None) -> bool:
    """Handle a stored webhook: this one, or the one due for longest. False when there is none.

    It only says that something happened to an intent: what, is asked of Stripe. An intent that we
    do not know, or an event that does not concern us, is done with nothing.

    Raises:
        StripeUnavailableError: unknown what happened; its next turn is noted.
    """
    async with transaction() as session:
        webhook = await repository.get_due_webhook_for_update(session, event_id)
        if webhook is None:
            return False
        charge = None
        if webhook.intent_id and webhook.kind in HANDLERS:
            charge = await repository.get_by_stripe_id(session, webhook.intent_id)
        next_turn = repository.after(rules.backoff_seconds(webhook.attempts))
        await repository.change_webhook(
            session, webhook.id, attempts=webhook.attempts + 1, next_attempt_at=next_turn
        )
    if charge:
        try:
            await HANDLERS[webhook.kind](transaction, charge_id=charge.id)
        except Exception as error:
            async with transaction() as session:
                await repository.change_webhook(session, webhook.id, last_error=repr(error))
            raise
    async with transaction() as session:
        await repository.change_webhook(session, webhook.id, handled_at=func.now(), last_error=None)
    return True


async def list_failing(session: AsyncSession) -> list[Webhook]:
    """Return the webhooks that were tried and are not handled yet, the oldest first."""
    return await repository.list_failing_webhooks(session)


async def replay(session: AsyncSession, *, event_id: str) -> None:
    """Let a stored webhook be handled again, whatever became of it; that never does harm.

    Raises:
        WebhookNotFoundError: it was never stored.
    """
    if not await repository.reset_webhook(session, event_id):
        raise WebhookNotFoundError(event_id)
