import asyncio

from ticketing_app.core import db, queues
from ticketing_app.orders.service import release

BATCH = 100
# Delayed jobs start at full seconds: a job waits for the holds that end in its second. A bit longer, as
# the clocks of scheduler and database may differ.
RUN_SECONDS = 1.2
# Holds that end within this time of each other are expired together.
PAUSE_SECONDS = 0.02


@queues.job(
    "expiration.expire_due_orders",
    queue=queues.DEFAULT,
    formerly="ticketing_app.expiration.jobs.expire_due_orders",
)
async def expire_due_orders() -> None:
    """Expire orders when their hold ends, until no hold ends within this second. Idempotent.

    Runs as the delayed job of a second, and every few seconds as the sweep for missed ones.
    """
    loop = asyncio.get_running_loop()
    stops_at = loop.time() + RUN_SECONDS
    while True:
        async with db.transaction() as session:
            if await release.expire_due_orders(session, limit=BATCH):
                continue
            pause = max(PAUSE_SECONDS, await release.get_seconds_to_next_expiry(session))
        if loop.time() + pause > stops_at:
            return
        await asyncio.sleep(pause)
