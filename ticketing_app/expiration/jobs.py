"""Work that RQ runs: close the orders whose time is over."""

from ticketing_app.core import db
from ticketing_app.orders.service import release

BATCH = 100


async def expire_due_orders() -> None:
    """Expire every order that is due, in batches; run late, twice or at once it changes nothing.

    Started by the delayed job of a second, and every few seconds by cron for what was missed.
    """
    is_more = True
    while is_more:
        async with db.transaction() as session:
            is_more = await release.expire_due_orders(session, limit=BATCH) > 0
