from ticketing_app.core import db, queues
from ticketing_app.orders.service import release

BATCH = 100


@queues.job(
    "expiration.expire_due_orders",
    queue=queues.DEFAULT,
    formerly="ticketing_app.expiration.jobs.expire_due_orders",
)
async def expire_due_orders() -> None:
    # Runs as the delayed job of a second, and every few seconds as the sweep for missed ones. Idempotent.
    is_more = True
    while is_more:
        async with db.transaction() as session:
            is_more = await release.expire_due_orders(session, limit=BATCH) > 0
