from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ticketing_app.core.validation import ApiModel, require_calendar_day
from ticketing_app.tickets.rules import MAX_SEATS, DeliveryMethod, Issuer

# Fields that a method needs, and those that it may have.
_NEEDS = {
    DeliveryMethod.FILE: {"file_ids"},
    DeliveryMethod.FILE_LATER: {"ready_on"},
    DeliveryMethod.TRANSFER: {"issuer"},
    # Kept as a file before the ticket is listed.
    DeliveryMethod.LINK: {"link"},
}
_ALLOWS = _NEEDS | {DeliveryMethod.TRANSFER: {"issuer", "ready_on"}}
_ALIASES = {"file_ids": "fileIds", "ready_on": "readyOn"}
_FIELDS = ("file_ids", "ready_on", "issuer", "link")


class DeliveryPromise(ApiModel):
    """How the seller delivers, with a file for each ticket; without a promise the seller sends it unchecked."""

    method: DeliveryMethod
    ready_on: Annotated[date, AfterValidator(require_calendar_day)] | None = None
    file_ids: list[UUID] = Field(default_factory=list[UUID], max_length=MAX_SEATS)
    issuer: Issuer | None = None
    link: Annotated[str, Field(max_length=8192)] | None = None

    @classmethod
    def kept(cls, method: DeliveryMethod, file_ids: list[UUID]) -> Self:
        """Return a promise of files that are kept already, also of a link."""
        return cls.model_construct(method=method, file_ids=file_ids)

    @model_validator(mode="after")
    def _fit_method(self) -> Self:
        if self.method not in _NEEDS:
            msg = f"by {self.method} follows from a file whose issuer is connected"
            raise ValueError(msg)
        given = {name for name in _FIELDS if getattr(self, name)}
        if missing := sorted(_NEEDS[self.method] - given):
            msg = f"by {self.method} needs {_ALIASES.get(missing[0], missing[0])}"
            raise ValueError(msg)
        if other := sorted(given - _ALLOWS[self.method]):
            msg = f"by {self.method} has no {_ALIASES.get(other[0], other[0])}"
            raise ValueError(msg)
        if len(set(self.file_ids)) < len(self.file_ids):
            msg = "names the same file twice"
            raise ValueError(msg)
        return self


class DeliveryRead(ApiModel):
    """The promise of a ticket; `fileIds` only for its seller.

    `codeCount` is the number of barcodes that were found in the file of a ticket.
    """

    method: DeliveryMethod
    ready_on: date | None = None
    issuer: str | None = None
    sellable_until: datetime | None = Field(
        default=None, description="It cannot be bought later, as it would come too late."
    )
    code_count: int | None = None
    is_sealed: Annotated[
        bool,
        Field(
            serialization_alias="neverOpened",
            description="Bought here before, and opened by none of its owners.",
        ),
    ] = False
    file_ids: list[UUID] = Field(default_factory=list[UUID])
    # For the deadline of the seller.
    starts_at: Annotated[datetime | None, Field(exclude=True)] = None
    timezone: Annotated[str | None, Field(exclude=True)] = None


class TicketPromise(BaseModel):
    """The promise of a ticket, and the start of its event; without a method the seller sends it unchecked."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    seller_id: UUID
    method: DeliveryMethod | None
    issuer: str | None
    ready_on: date | None
    file_id: UUID | None
    starts_at: datetime | None
    timezone: str | None
