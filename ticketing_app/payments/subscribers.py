"""Reactions of payments to domain events: work that is due, and a job that does it soon."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, queues
from ticketing_app.deliveries.rules import DeliveryStatus
from ticketing_app.messaging.catalog import (
    DeliveryChanged,
    EventCancelled,
    OrderCancelled,
    OrderExpired,
)
from ticketing_app.payments import jobs
from ticketing_app.payments.rules import FAILED_DELIVERY_WORK
from ticketing_app.payments.service import sweep
from ticketing_app.work import due as work


async def on_order_expired(session: AsyncSession, event: OrderExpired) -> None:
    await sweep.check_order(session, order_id=event.order_id)


async def on_order_cancelled(session: AsyncSession, event: OrderCancelled) -> None:
    await sweep.check_order(session, order_id=event.order_id)


async def on_event_cancelled(session: AsyncSession, event: EventCancelled) -> None:
    nudge = partial(queues.nudge, jobs.refund_event, str(event.event_id))
    db.after_commit(session, f"payments.refund_event.{event.event_id}", nudge)


async def on_delivery_changed(session: AsyncSession, event: DeliveryChanged) -> None:
    if event.status == DeliveryStatus.FAILED:
        await work.want(session, FAILED_DELIVERY_WORK, event.order_id)
