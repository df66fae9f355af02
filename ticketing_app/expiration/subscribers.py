from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.expiration import scheduler
from ticketing_app.messaging.catalog import OrderCreated, OrderEvent, OrderUpdated


async def on_order_created(session: AsyncSession, event: OrderCreated) -> None:
    _schedule(session, event)


async def on_order_updated(session: AsyncSession, event: OrderUpdated) -> None:
    """Schedule a moved deadline; the job of the old one finds nothing due."""
    _schedule(session, event)


def _schedule(session: AsyncSession, event: OrderEvent) -> None:
    # After the commit, as a transaction must not wait for Redis. If this process dies in between, the
    # event counts as handled without a job; the sweep then expires the hold.
    schedule = partial(scheduler.schedule_expiry, event.expires_at)
    db.after_commit(session, f"expiration.{event.order_id}", schedule)
