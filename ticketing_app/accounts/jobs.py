"""The job that deletes sessions that ended long ago."""

from ticketing_app.accounts import service as accounts
from ticketing_app.core import db, queues


@queues.job("accounts.delete_ended_sessions", queue=queues.DEFAULT)
async def delete_ended_sessions() -> None:
    """Delete them: they carry an address and a device."""
    await db.delete_in_batches(accounts.delete_ended_sessions)
