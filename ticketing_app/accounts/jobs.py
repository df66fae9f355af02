from ticketing_app.accounts.service import challenges, sessions
from ticketing_app.core import db, queues


@queues.job("accounts.delete_ended_sessions", queue=queues.DEFAULT)
async def delete_ended_sessions() -> None:
    # Ended sessions hold addresses and devices, so they are not kept for good.
    await db.delete_in_batches(sessions.delete_ended_sessions)
    await db.delete_in_batches(challenges.delete_expired)
