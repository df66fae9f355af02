"""Reactions of payments to domain events: work that is due, and a job that does it soon."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, queues
from ticketing_app.messaging.catalog import (
    EventCancelled,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
)
from ticketing_app.payments import jobs
from ticketing_app.payments.service import sweep


async def on_order_expired(session: AsyncSession, event: OrderExpired) -> None:
    await _void_soon(session, event)


async def on_order_cancelled(session: AsyncSession, event: OrderCancelled) -> None:
    await _void_soon(session, event)


async def on_event_cancelled(session: AsyncSession, event: EventCancelled) -> None:
    nudge = partial(queues.nudge, jobs.refund_event, str(event.event_id))
    db.after_commit(session, f"payments.refund_event.{event.event_id}", nudge)


async def _void_soon(session: AsyncSession, event: OrderEvent) -> None:
    charge_id = await sweep.make_due(session, order_id=event.order_id)
    if charge_id:
        nudge = partial(queues.nudge, jobs.check_charge, str(charge_id))
        db.after_commit(session, f"payments.check.{charge_id}", nudge)
