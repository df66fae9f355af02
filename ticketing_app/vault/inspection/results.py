"""Results and refusals of an inspection."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from typing_extensions import override

from ticketing_app.core.errors import AppError, UnavailableError


class FileKind(StrEnum):
    """Kind of an uploaded file; the value is its media type."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    PASS = "application/vnd.apple.pkpass"  # noqa: S105  # a media type.


# The child reports strangers' data: the parent checks these constraints before it uses them.
Phrase = Annotated[str, Field(max_length=120)]
PageNumber = Annotated[int, Field(ge=1, le=20)]
# Only shapes and one embedded picture: the pages show it as it is.
Drawing = Annotated[
    str,
    Field(
        max_length=2**20,
        pattern=r'\A<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="[-0-9 ]{1,40}">'
        r'<path fill="#fff" d="[MmHhVvLlZz0-9 .-]+"/>'
        r'(?:<path d="[MmHhVvLlZz0-9 .-]+"/>'
        r'|<image width="\d{1,5}" height="\d{1,5}" href="data:image/png;base64,[A-Za-z0-9+/=]+"/>)</svg>\z',
    ),
]


@dataclass(frozen=True, slots=True)
class Code:
    """A barcode that is a ticket; `payload` is as secret as the ticket.

    `svg` is the barcode drawn anew where the drawing reads back to the same bytes, else a picture of
    it cut out of the page; None if neither is possible.
    """

    # Of the child's answer.
    __pydantic_config__: ClassVar = ConfigDict(val_json_bytes="hex")

    symbology: Phrase
    identifier: Phrase
    payload: Annotated[bytes, Field(min_length=1, max_length=8_000)]
    page: PageNumber
    svg: Drawing | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Suggestions for the sell form, as printed on the ticket; None where nothing was certain.

    `days` are the candidates for the day of the event: two where day and month can be exchanged.
    `starts_local` is in the time zone of the venue. `issuer` is an address to compare, never to call.
    """

    title: Phrase | None = None
    venue: Phrase | None = None
    city: Phrase | None = None
    days: Annotated[tuple[date, ...], Field(max_length=2)] = ()
    starts_local: datetime | None = None
    section: Phrase | None = None
    row: Phrase | None = None
    seat: Phrase | None = None
    price_cents: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    currency: Annotated[str, Field(pattern=r"\A[A-Z]{3}\z")] | None = None
    issuer: Annotated[str, Field(max_length=200)] | None = None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """One ticket of the file: its clean copy and a WebP preview of each page (none of a pass)."""

    clean: bytes
    media_type: FileKind
    page_count: int
    codes: tuple[Code, ...]
    previews: tuple[bytes, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Inspection:
    """The tickets of a file; `removed` names active content that the clean copies lack."""

    kind: FileKind
    tickets: tuple[TicketFile, ...]
    removed: tuple[str, ...] = ()


SENTENCES = {
    "unknown_kind": "This is no PDF, picture or Apple Wallet pass.",
    "heic": "We can't read HEIC pictures. Save it as JPEG, or take a screenshot of the ticket.",
    "password": "This PDF has a password. Open it, print it to a new PDF, and upload that.",
    "too_large": "A file can have at most 10 MB.",
    "too_many_pages": "A PDF can have at most 20 pages. Upload only the pages with tickets.",
    "page_size": "The pages of this PDF are too small or too large for a ticket.",
    "too_many_pixels": "This picture is too large. A screenshot of the ticket works.",
    "broken_pdf": "This PDF is damaged. Download it again, or take a screenshot of the ticket.",
    "broken_picture": "This picture is damaged. Take a new screenshot of the ticket.",
    "broken_pass": "This Apple Wallet pass is damaged. Download it again.",
    "pass_changed": "This pass was changed after it was issued.",
    "too_complex": "We could not read this file in time. A screenshot of the ticket works.",
}


class FileRefusedError(AppError):
    """`code` is a key of `SENTENCES`."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code], field="file")
        self.code = code

    @property
    @override
    def extra(self) -> dict[str, str | int]:
        return {"code": self.code}


class InspectionBusyError(UnavailableError):
    """Too many files are being inspected; as every 503 it has a Retry-After."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "Many tickets are being uploaded right now. Please try again in a moment."
        self.field = "file"


class InspectionUnavailableError(AppError):
    """The kernel grants no filter of system calls, and files are never inspected without it."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "Files can't be uploaded right now. You can list your ticket without a file."
    field = "file"
