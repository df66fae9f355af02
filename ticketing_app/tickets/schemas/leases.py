from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
)

from ticketing_app.tickets.rules import (
    Availability,
    Split,
    TicketStatus,
)


# Not a model: thousands of holds may end in a second.
class TicketLease(NamedTuple):
    """A ticket after a change of its lease, for the event of the order."""

    id: UUID
    version: int
    seller_id: UUID
    event_id: UUID | None
    status: TicketStatus
    locked_until: datetime | None


class HoldableTicket(BaseModel):
    """A ticket as a hold sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    listing_id: UUID | None
    status: Availability
    version: int
    price_cents: int
    starts_at: datetime | None
    sellable_until: datetime | None


class ListedTicket(HoldableTicket):
    """A ticket of a listing; `position` is that of its seat."""

    position: int


class HoldableListing(BaseModel):
    """A listing as a hold sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    seller_id: UUID
    split: Split
    is_side_by_side: bool
    version: int
    tickets: list[ListedTicket]


class SeatName(BaseModel):
    model_config = ConfigDict(frozen=True)

    section: str | None
    row: str | None
    seat: str | None
