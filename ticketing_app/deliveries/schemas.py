from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from ticketing_app.accounts.schemas import NewEmail
from ticketing_app.core.validation import ApiModel, ShortText
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.tickets.rules import MAX_SEATS, DeliveryMethod


class DeliveryStepRead(ApiModel):
    transition: Transition
    status: DeliveryStatus
    due_at: datetime | None
    at: datetime


class DeliveryFile(ApiModel):
    """The file of a ticket. `sha256` is the hash of the bytes that its owner downloads."""

    kind: Annotated[str, Field(description="Media type.")]
    pages: int
    codes: int
    sha256: str
    opened_at: datetime | None
    is_yours: bool
    # Only the owner needs it.
    file_id: UUID | None


class DeliveryItem(ApiModel):
    """A ticket of the order; `number` is its place, from 1, and names its parts."""

    number: int
    ticket_id: UUID
    file: DeliveryFile | None


class DeliveryRead(ApiModel):
    """A delivery for its buyer, its seller, or the owner of one of its tickets, who sees only that one.

    `method` is null if the seller sends the tickets and promised nothing.
    """

    id: UUID
    order_id: UUID
    seller_id: UUID
    buyer_id: Annotated[UUID, Field(serialization_alias="userId")]
    method: DeliveryMethod | None
    status: DeliveryStatus
    due_at: datetime | None
    has_waited: bool
    opened_at: datetime | None
    proof_reference: Annotated[
        str | None, Field(description="The confirmation number that the seller gave.")
    ] = None
    items: list[DeliveryItem]
    steps: list[DeliveryStepRead]

    @property
    def own_items(self) -> list[DeliveryItem]:
        return [item for item in self.items if item.file and item.file.is_yours]

    @property
    def own_file_ids(self) -> list[UUID]:
        return [item.file.file_id for item in self.items if item.file and item.file.file_id]


class DeliveryExport(ApiModel):
    """A delivery for the export of its buyer, or of its seller."""

    id: UUID
    order_id: UUID
    is_buyer: bool
    method: DeliveryMethod | None
    status: DeliveryStatus
    due_at: datetime | None
    opened_at: datetime | None
    steps: list[DeliveryStepRead]


class DeliveredPart(NamedTuple):
    content: bytes
    media_type: str
    digest: str
    name: str


class Arrival(BaseModel):
    """How far the tickets of an order are."""

    model_config = ConfigDict(frozen=True)

    method: DeliveryMethod | None
    status: DeliveryStatus
    due_at: datetime | None = None
    opened_at: datetime | None = None
    is_passed_on: bool = False  # The buyer gave all of the tickets away, or sold them on.


class DoorCode(ApiModel):
    """What is scanned of one ticket: a barcode as `svg`, else a page of the ticket as `image`, else a `link`."""

    seat: str
    svg: str | None = None
    image: Annotated[str | None, Field(description="A data URL.")] = None
    link: str | None = None
    text: Annotated[str | None, Field(description="Content of the barcode, if it is short.")] = None


class DoorRead(ApiModel):
    """The caller's tickets of an order at the entrance; without codes they are in the issuer's app."""

    order_id: UUID
    title: str
    when: str
    place: str
    codes: list[DoorCode]
    issuer: str | None
    used_at: datetime | None
    read_at: datetime


_PHONE = r"^\+?[0-9][0-9 ()./-]{4,24}$"


class AddressRead(ApiModel):
    """The buyer's account at the issuer of the tickets."""

    name: ShortText
    email: str | None = None
    phone: str | None = None


class AddressExport(AddressRead):
    """An address in the export of its owner."""

    order_id: UUID


class AddressUpdate(AddressRead):
    """The name, and the e-mail or the mobile number of the account; or both."""

    email: NewEmail | None = None
    phone: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PHONE)] | None,
        Field(validate_default=True),
    ] = None

    @field_validator("phone")
    @classmethod
    def _or_email(cls, phone: str | None, info: ValidationInfo) -> str | None:
        # A wrong e-mail is missing in `data` and has its own sentence.
        if phone is None and info.data.get("email", "") is None:
            msg = "or email is needed: give one of the two"
            raise ValueError(msg)
        return phone


class ProofGiven(ApiModel):
    """What shows that the seller sent the tickets: an uploaded screenshot, or the confirmation number."""

    proof_file_id: UUID | None = None
    reference: ShortText | None = None


class FilesHandedOver(ApiModel):
    """A file for each ticket of the order, in the order of its items."""

    file_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_SEATS)]


class ToDo(BaseModel):
    """Tickets that a seller has to send; `name` is the buyer's at the issuer, empty without an address."""

    model_config = ConfigDict(frozen=True)

    order_id: UUID
    title: str
    quantity: int
    method: DeliveryMethod | None
    status: DeliveryStatus
    due_at: datetime
    name: str
