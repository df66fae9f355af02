from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from ticketing_app.core.db import Table, utc_datetime


class Work(Table, table=True):
    """A thing to do, in the state of its domain row `key`.

    `turn` counts how often it was wanted; `taken_until` is the lease of the process that does it.
    """

    __tablename__ = "work"
    __table_args__ = (Index("ix_work_due", "kind", "due_at"),)

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    due_at: datetime | None = Field(sa_type=utc_datetime(), description="None when dead.")
    taken_until: datetime | None = Field(default=None, sa_type=utc_datetime())
    tries: int = 0
    turn: int = 1
    last_error: str | None = None
    correlation_id: str | None = None
    created_at: datetime = Field(sa_type=utc_datetime())
