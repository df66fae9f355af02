from ticketing_app.accounts.service import sessions
from ticketing_app.core import db, queues


@queues.job("sessions.delete_ended_sessions", queue=queues.DEFAULT)
async def delete_ended_sessions() -> None:
    # Ended sessions hold addresses and devices, so they are not kept for good.
    await db.delete_in_batches(sessions.delete_ended_sessions)
