from datetime import datetime
from uuid import UUID

from ticketing_app.core.validation import ApiModel


class DeletionRead(ApiModel):
    """The account is erased at `due_at`, unless its owner signs in before."""

    due_at: datetime


class ExportRead(ApiModel):
    id: UUID
    requested_at: datetime
    expires_at: datetime
    is_ready: bool


class ExportList(ApiModel):
    items: list[ExportRead]
