"""Log lines of failed checks of a password."""

from uuid import UUID

from ticketing_app.core import limits
from ticketing_app.core.logging import get_logger

log = get_logger()


def log_failure(event: str, user_id: UUID | None) -> None:
    # Never logs the typed address: users type passwords into that field by mistake.
    account = str(user_id) if user_id else None
    log.warning(event, user_id=account, address=limits.client_address())
