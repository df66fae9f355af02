"""Expires holds. Buyers do not wait for it: a lease ends by itself."""

import asyncio
from typing import NoReturn

from ticketing_app.core import db, queues
from ticketing_app.messaging import bus
from ticketing_app.orders.service import release

BATCH = 100
POLL_SECONDS = 0.5


# Queued by the previous version, and by tests.
@queues.job(
    "expiration.expire_due_orders",
    queue=queues.DEFAULT,
    formerly="ticketing_app.expiration.jobs.expire_due_orders",
)
async def expire_due_orders() -> None:
    """Expire all orders past their deadline; idempotent."""
    is_more = True
    while is_more:
        async with db.transaction() as session:
            is_more = await release.expire_due_orders(session, limit=BATCH) > 0


async def expire_forever() -> NoReturn:
    """Expire orders soon after their deadline, also during an outage of Redis; several processes may."""

    async def expire() -> None:
        while True:
            await expire_due_orders()
            await asyncio.sleep(POLL_SECONDS)

    await bus.run_forever("expiration", expire)
