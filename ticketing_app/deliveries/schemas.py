from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.validation import ApiModel
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.tickets.rules import DeliveryMethod


class DeliveryStepRead(ApiModel):
    transition: Transition
    status: DeliveryStatus
    due_at: datetime | None
    at: datetime


class DeliveryRead(ApiModel):
    """A delivery for its buyer or its seller. `due_at` is judged by the database clock.

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
    steps: list[DeliveryStepRead]


class Arrival(BaseModel):
    """How far the tickets of an order are."""

    model_config = ConfigDict(frozen=True)

    method: DeliveryMethod | None
    status: DeliveryStatus
    due_at: datetime | None = None
    opened_at: datetime | None = None


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
