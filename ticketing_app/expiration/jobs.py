"""The job that closes the orders whose time is over."""

from ticketing_app.core import db, queues
from ticketing_app.orders.service import release

BATCH = 100


@queues.job(
    "expiration.expire_due_orders",
    queue=queues.DEFAULT,
    formerly="ticketing_app.expiration.jobs.expire_due_orders",
)
async def expire_due_orders() -> None:
    """Expire every order that is due, in batches; run late, twice or at once it changes nothing.

    Started by the delayed job of a second, and every few seconds by cron for what was missed.
    """
    is_more = True
    while is_more:
        async with db.transaction() as session:
            is_more = await release.expire_due_orders(session, limit=BATCH) > 0
