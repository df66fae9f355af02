from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlmodel import Field

from ticketing_app.accounts.rules import ADDRESS_MAX_LENGTH, DEVICE_MAX_LENGTH, EMAIL_MAX_LENGTH
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime


class User(Table, table=True):
    __tablename__ = "users"

    # Random: the id is public in every listing, and a UUIDv7 would reveal the time of the sign-up.
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # Stored in lower case: addresses are unique regardless of case.
    email: str = Field(unique=True, max_length=EMAIL_MAX_LENGTH)
    password_hash: str
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class UserSession(Table, table=True):
    """A sign-in; its id is the `jti` of the token."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_expires_at", "expires_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    last_seen_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    expires_at: datetime = Field(sa_type=utc_datetime())
    revoked_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    device: str = Field(
        default="", max_length=DEVICE_MAX_LENGTH, description="Hint from the User-Agent header."
    )
    address: str = Field(
        default="",
        max_length=ADDRESS_MAX_LENGTH,
        description="Client address at sign-in.",
        sa_column_kwargs={"server_default": ""},
    )
