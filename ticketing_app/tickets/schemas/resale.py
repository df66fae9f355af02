from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
)


class SeatListing(BaseModel):
    """A listing of a seat; `order_id` is the order that holds or bought it, `vault_file_id` its file."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    order_id: UUID | None
    vault_file_id: UUID | None


class Seat(BaseModel):
    """The sales of a seat, newest first, and its active listing; found by `ticket_id`."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    sold: list[SeatListing]
    listed: SeatListing | None


class OwnershipStep(StrEnum):
    LISTED = "listed"
    LISTED_AGAIN = "listed_again"
    BOUGHT = "bought"


class OwnershipStepRead(BaseModel):
    """A step in the ownership history; `is_mine` if the viewer took it. `at` may be unknown."""

    model_config = ConfigDict(frozen=True)

    step: OwnershipStep
    at: datetime | None
    is_mine: bool
