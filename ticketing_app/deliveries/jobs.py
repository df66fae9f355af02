from ticketing_app.core import db, queues
from ticketing_app.deliveries.service import backfill


@queues.job("deliveries.begin_missing", queue=queues.DEFAULT)
async def begin_missing() -> None:
    # While both versions run, that before completes orders without a delivery.
    async for _ in backfill.begin_missing(db.transaction):
        pass
