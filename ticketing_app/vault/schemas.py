from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.validation import ApiModel


class Reader(NamedTuple):
    """The person who gets a file, for `vault_reads`."""

    user_id: UUID
    session_id: UUID
    address: str


class FilePart(NamedTuple):
    content: bytes
    media_type: str
    digest: str


class TicketSource(NamedTuple):
    """The secrets of a ticket, for its issuer only."""

    owner_id: UUID
    issuer: str | None
    payloads: tuple[bytes, ...]


class FileRead(BaseModel):
    """A file without its content."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    owner_id: UUID
    kind: str
    page_count: int
    code_count: int
    byte_count: int
    digest: str
    is_claimed: bool
    has_moved: bool
    is_erased: bool
    opened_at: datetime | None


class FileExport(ApiModel):
    """A file as the owner's export lists it: without bytes."""

    id: UUID
    kind: str
    pages: int
    codes: int
    bytes: int
    sha256: str
    created_at: datetime
    opened_at: datetime | None


class Suggestion(ApiModel):
    """Facts printed on the ticket; each one may be missing or wrong."""

    title: str | None
    venue: str | None
    city: str | None
    days: list[date]
    starts_local: datetime | None
    section: str | None
    row: str | None
    seat: str | None
    price_cents: int | None
    currency: str | None


class UploadedFile(ApiModel):
    """One ticket of an uploaded file."""

    id: UUID
    kind: str = Field(description="Media type of the copy that the buyer gets.")
    pages: int
    codes: int = Field(description="Barcodes that were read; with none the ticket is not checked.")
    sha256: str = Field(description="Of the copy that the buyer gets.")
    suggestion: Suggestion


class UploadRead(ApiModel):
    items: list[UploadedFile]
    removed: list[str] = Field(description="Active content that the copies do not have.")


class KeptCode(BaseModel):
    """A barcode of a kept file; without the checks of an inspection, which later versions may change."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    symbology: str
    identifier: str
    payload: bytes
    page: int
    svg: str | None


class KeptSecrets(BaseModel):
    """The part of a file that is never handed out whole."""

    issuer: str | None
    codes: tuple[KeptCode, ...]
