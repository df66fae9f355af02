from ticketing_app.core import db, queues
from ticketing_app.vault.service import erasure


@queues.job("vault.sweep", queue=queues.OUTSIDE_LATER)
async def sweep() -> None:
    await erasure.sweep(db.transaction)
