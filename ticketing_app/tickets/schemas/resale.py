from datetime import datetime
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


class ChainListing(BaseModel):
    """A listing of a seat in its history; `buyer_id` is set once it was sold."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    buyer_id: UUID | None
    previous_ticket_id: UUID | None
    vault_file_id: UUID | None
    created_at: datetime
    sold_at: datetime | None
