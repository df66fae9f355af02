from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime


class Deletion(Table, table=True):
    """An account that its owner wants to be deleted; the row goes when they come back, or with the erasure."""

    __tablename__ = "deletions"

    user_id: UUID = Field(foreign_key="users.id", primary_key=True)
    requested_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    due_at: datetime = Field(sa_type=utc_datetime())


class Export(Table, table=True):
    """A ZIP of everything that an account has; `content` is None until it is made."""

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_user_id", "user_id", "id"),
        Index("ix_exports_expires_at", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    requested_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    expires_at: datetime = Field(sa_type=utc_datetime())
