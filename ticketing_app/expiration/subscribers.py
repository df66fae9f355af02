"""Reacts to orders: plans the end of each hold."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.expiration import scheduler
from ticketing_app.messaging.catalog import OrderCreated, OrderEvent, OrderUpdated


async def on_order_created(session: AsyncSession, event: OrderCreated) -> None:
    """A hold began: plan its end."""
    _plan(session, event)


async def on_order_updated(session: AsyncSession, event: OrderUpdated) -> None:
    """The deadline may have moved: plan the new one. The job for the old one finds nothing due."""
    _plan(session, event)


def _plan(session: AsyncSession, event: OrderEvent) -> None:
    # After the commit, as a transaction must not wait for Redis. If this process dies in between,
    # nothing is planned and the event counts as handled: then the sweep expires the hold.
    plan = partial(scheduler.schedule_expiry, event.expires_at)
    db.after_commit(session, f"expiration.{event.order_id}", plan)
