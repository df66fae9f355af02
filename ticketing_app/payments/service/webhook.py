"""Webhooks of Stripe: stored once, handled later, as often as it takes."""

from sqlalchemy import func
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.payments import repository, rules
from ticketing_app.payments.gateway import Notice
from ticketing_app.payments.models import StripeEvent
from ticketing_app.payments.service.settle import settle


async def store_event(session: AsyncSession, *, notice: Notice) -> bool:
    """Keep a webhook, whatever it is about; false when Stripe sent it before."""
    event = StripeEvent(id=notice.id, kind=notice.kind, intent_id=notice.intent_id)
    return await repository.add_event(session, event)


async def handle_event(transaction: Transaction, *, event_id: str | None = None) -> bool:
    """Handle a stored webhook: this one, or the one due for longest. False when there is none.

    It only says that something happened to an intent: what, is asked of Stripe. An intent that we
    do not know, or an event that does not concern us, is done with nothing.

    Raises:
        StripeUnavailableError: unknown what happened; its next turn is noted.
    """
    async with transaction() as session:
        event = await repository.get_due_event_for_update(session, event_id)
        if event is None:
            return False
        charge = None
        if event.intent_id and event.kind in rules.SETTLING_KINDS:
            charge = await repository.get_by_stripe_id(session, event.intent_id)
        next_turn = repository.after(rules.backoff_seconds(event.attempts))
        await repository.change_event(
            session, event.id, attempts=event.attempts + 1, next_attempt_at=next_turn
        )
    if charge:
        await settle(transaction, charge_id=charge.id)
    async with transaction() as session:
        await repository.change_event(session, event.id, handled_at=func.now())
    return True
