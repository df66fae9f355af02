from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime


class VaultFile(Table, table=True):
    """A ticket in our keeping; its bytes lie sealed in the storage, the key to them is here."""

    __tablename__ = "vault_files"
    __table_args__ = (
        CheckConstraint("(key_name IS NULL) = (wrapped_key IS NULL)", name="key"),
        CheckConstraint("page_count >= 0 AND code_count >= 0 AND byte_count > 0", name="counts"),
        CheckConstraint("length(digest) = 32", name="digest"),
        Index("ix_vault_files_erase", "erase_at", postgresql_where=text("wrapped_key IS NOT NULL")),
        Index("ix_vault_files_owner_id", "owner_id", "id"),
        Index("ix_vault_files_upload_id", "upload_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(foreign_key="users.id", description="Moves with a sale or a gift.")
    given_by: UUID = Field(foreign_key="users.id", description="The uploader; never changes.")
    upload_id: UUID = Field(description="Tickets of one uploaded file share it.")
    kind: str
    page_count: int = Field(sa_type=SmallInteger)
    code_count: int = Field(sa_type=SmallInteger)
    byte_count: int
    digest: bytes = Field(description="SHA-256 of the bytes that its owner gets.")
    # Without a key the bytes are noise, in every backup too.
    key_name: str | None = None
    wrapped_key: bytes | None = None
    claimed_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    is_proof: bool = Field(
        default=False,
        description="A screenshot that proves a delivery; its uploader can not erase it.",
        sa_column_kwargs={"server_default": text("false")},
    )
    moved_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    opened_at: datetime | None = Field(
        default=None, sa_type=utc_datetime(), description="When its seal was broken; stays."
    )
    erase_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class VaultCode(Table, table=True):
    """A barcode of a file as keyed hashes; a claimed fingerprint belongs to one file."""

    __tablename__ = "vault_codes"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest"),
        CheckConstraint("length(fingerprint) = 32", name="fingerprint"),
        CheckConstraint("NOT is_claimed OR fingerprint IS NOT NULL", name="claim"),
        Index(
            "uq_vault_codes_claimed",
            "fingerprint",
            unique=True,
            postgresql_where=text("is_claimed"),
        ),
    )

    file_id: UUID = Field(foreign_key="vault_files.id", ondelete="CASCADE", primary_key=True)
    digest: bytes = Field(primary_key=True)
    is_short: bool = Field(description="Mixed with the day of the event, as others may repeat it.")
    fingerprint: bytes | None = None
    is_claimed: bool = False


class VaultRead(Table, table=True):
    """A part that was handed out, written in the transaction that unwraps the key."""

    __tablename__ = "vault_reads"
    __table_args__ = (Index("ix_vault_reads_file_id", "file_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    file_id: UUID = Field(foreign_key="vault_files.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="users.id")
    session_id: UUID
    part: str
    address: str
    at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
