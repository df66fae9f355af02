from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.notices.rules import SendStatus


class Notice(Table, table=True):
    """A notice for one person; `facts` are ids, and words as they were at the time."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user_id", "user_id", "id"),
        Index(
            "ix_notices_unread",
            "user_id",
            postgresql_where=text("read_at IS NULL AND is_shown"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # None if the recipient has no account.
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    kind: str
    key: str = Field(unique=True, description="Repeated events have the same one.")
    facts: dict[str, Any] = Field(sa_type=JSONB)
    is_shown: bool = Field(description="Listed under the bell.")
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    read_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class Send(Table, table=True):
    """A mail of a notice; its id is the local part of the Message-ID. The text is never stored."""

    __tablename__ = "sends"
    __table_args__ = (
        CheckConstraint(
            "status IN ('due', 'sent', 'delivered', 'dropped', 'suppressed', 'bounced', 'refused',"
            " 'complained')",
            name="status",
        ),
        UniqueConstraint("notice_id", "channel", "address", name="uq_sends_notice_id"),
        Index("ix_sends_due", "id", postgresql_where=text("status = 'due'")),
        Index("ix_sends_address", "address"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    notice_id: UUID = Field(foreign_key="notices.id", ondelete="CASCADE")
    channel: str
    address: str
    language: str = "en"
    status: str = SendStatus.DUE
    reason: str | None = None
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    sent_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class Suppression(Table, table=True):
    """An address that gets no mails: they came back, or its owner complained."""

    __tablename__ = "suppressions"
    __table_args__ = (CheckConstraint("reason IN ('bounce', 'complaint', 'staff')", name="reason"),)

    address: str = Field(primary_key=True)
    reason: str
    detail: str | None = None
    since: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class NoticeChoice(Table, table=True):
    """A channel of a kind that differs from its default."""

    __tablename__ = "notice_choices"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    kind: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    is_wanted: bool


class PushSubscription(Table, table=True):
    """A browser that shows notices when no page is open, until its session ends."""

    __tablename__ = "push_subscriptions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    session_id: UUID = Field(foreign_key="sessions.id", ondelete="CASCADE", index=True)
    endpoint: str = Field(unique=True)
    p256dh: str
    auth: str
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
