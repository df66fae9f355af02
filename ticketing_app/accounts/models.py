from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from ticketing_app.accounts.rules import (
    ADDRESS_MAX_LENGTH,
    DEVICE_MAX_LENGTH,
    EMAIL_MAX_LENGTH,
    LANGUAGE_MAX_LENGTH,
)
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime

Method = Literal["password", "passkey", "reset"]
Purpose = Literal["passkey", "sign_in", "proof"]


class User(Table, table=True):
    __tablename__ = "users"

    # Random: the id is public in every listing, and a UUIDv7 would reveal the time of the sign-up.
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # Stored in lower case: addresses are unique regardless of case.
    email: str = Field(unique=True, max_length=EMAIL_MAX_LENGTH)
    email_confirmed_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    # Empty if the account has passkeys only.
    password_hash: str | None = None
    # Last change of address or password, also by a reset.
    credentials_changed_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    language: str | None = Field(default=None, max_length=LANGUAGE_MAX_LENGTH)
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    erased_at: datetime | None = Field(default=None, sa_type=utc_datetime())


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
    method: Method = Field(
        default="password",
        sa_column=Column(String, nullable=False, server_default="password"),
        description="How its user signed in.",
    )
    # None for sessions of the version before: valuable acts ask for a proof.
    proved_at: datetime | None = Field(
        default=None,
        sa_type=utc_datetime(),
        description="When its user last showed a password or passkey.",
    )
    device: str = Field(
        default="", max_length=DEVICE_MAX_LENGTH, description="Hint from the User-Agent header."
    )
    address: str = Field(
        default="",
        max_length=ADDRESS_MAX_LENGTH,
        description="Client address at sign-in.",
        sa_column_kwargs={"server_default": ""},
    )


class Passkey(Table, table=True):
    __tablename__ = "passkeys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes
    sign_count: int = Field(sa_type=BigInteger)
    transports: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    is_backed_up: bool = Field(description="Whether its provider syncs it to other devices.")
    name: str
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    last_used_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class Challenge(Table, table=True):
    """A challenge that waits for its answer; the answer contains it, so a hash suffices to find it."""

    __tablename__ = "challenges"
    __table_args__ = (Index("ix_challenges_expires_at", "expires_at"),)

    hash: bytes = Field(primary_key=True)
    purpose: Purpose = Field(sa_type=String)
    # The account and session that may answer; none at sign-in.
    user_id: UUID | None = Field(
        default=None, foreign_key="users.id", ondelete="CASCADE", index=True
    )
    session_id: UUID | None = None
    expires_at: datetime = Field(sa_type=utc_datetime())


class Token(Table, table=True):
    """The secret of a mailed link, of which only the hash is stored."""

    __tablename__ = "tokens"
    __table_args__ = (Index("ix_tokens_user_id_purpose", "user_id", "purpose"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    purpose: str
    secret_hash: bytes = Field(unique=True)
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    expires_at: datetime = Field(sa_type=utc_datetime())
    used_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class FormerEmail(Table, table=True):
    """Former address of an account, reserved for it while the change can be undone."""

    __tablename__ = "former_emails"

    email: str = Field(primary_key=True, max_length=EMAIL_MAX_LENGTH)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    # Of the account before the change.
    user_version: int
    expires_at: datetime = Field(sa_type=utc_datetime())
