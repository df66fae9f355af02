from ticketing_app.core import db, queues
from ticketing_app.privacy.service.retention import RETENTION


# The scheduler of the version before has a job for each of these.
@queues.job(
    "privacy.delete_old_rows",
    queue=queues.DEFAULT,
    formerly=("sessions.delete_ended_sessions", "payments.delete_old_rows"),
)
async def delete_old_rows() -> None:
    for kept in RETENTION:
        await db.delete_in_batches(kept.delete)
