from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from ticketing_app.accounts.schemas import NewEmail
from ticketing_app.core.money import JsonPrice, Price
from ticketing_app.core.validation import ApiModel
from ticketing_app.orders.rules import MAX_TICKETS, GiftStatus, OrderStatus
from ticketing_app.tickets.schemas.tickets import TicketRead

MAX_VERSION = 2**31 - 1


class OrderCreate(ApiModel):
    """Tickets to hold: `ticketId`, or `ticketIds` of one listing, or the best `quantity` of `listingId`.

    `version` and `price` (per ticket), if set, must match the current offer.
    """

    ticket_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_TICKETS)] | None = None
    listing_id: UUID | None = None
    quantity: Annotated[
        Annotated[int, Field(ge=1, le=MAX_TICKETS)] | None, Field(validate_default=True)
    ] = None
    # The last, as its validator needs the others.
    ticket_id: Annotated[UUID | None, Field(validate_default=True)] = None
    version: Annotated[int | None, Field(ge=1, le=MAX_VERSION)] = None
    price_cents: Annotated[Price | None, Field(alias="price")] = None

    @property
    def chosen_ids(self) -> list[UUID]:
        return self.ticket_ids or ([self.ticket_id] if self.ticket_id else [])

    @field_validator("ticket_ids")
    @classmethod
    def _without_repetition(cls, ticket_ids: list[UUID] | None) -> list[UUID] | None:
        if ticket_ids and len(set(ticket_ids)) < len(ticket_ids):
            msg = "must not repeat a ticket"
            raise ValueError(msg)
        return ticket_ids

    @field_validator("quantity")
    @classmethod
    def _of_listing(cls, quantity: int | None, info: ValidationInfo) -> int | None:
        listing_id = info.data.get("listing_id")
        if listing_id and quantity is None:
            msg = "is required"
            raise ValueError(msg)
        if quantity and "listing_id" in info.data and listing_id is None:
            msg = "needs listingId"
            raise ValueError(msg)
        return quantity

    @field_validator("ticket_id")
    @classmethod
    def _only_one_way(cls, ticket_id: UUID | None, info: ValidationInfo) -> UUID | None:
        # A wrong one of the others is missing in `data` and has its own sentence.
        others = ("ticket_ids", "listing_id", "quantity")
        if not set(others) <= info.data.keys():
            return ticket_id
        chosen = [ticket_id, info.data["ticket_ids"], info.data["listing_id"]]
        count = sum(each is not None for each in chosen)
        if count == 0:
            msg = "is required"
            raise ValueError(msg)
        if count > 1:
            msg = "cannot be combined with ticketIds or listingId: send one of them"
            raise ValueError(msg)
        return ticket_id


class OrderTicket(ApiModel):
    """A ticket of an order, with title and price as they were at the hold."""

    id: UUID
    title: str
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]


class ItemTicket(OrderTicket):
    """A ticket of an order with its seat."""

    section: str | None = None
    row: str | None = None
    seat: str | None = None


class OrderItemRead(ApiModel):
    """An item of an order; `refunded_at` is set once its price was given back."""

    ticket: ItemTicket
    refunded_at: datetime | None = None


class OrderRead(ApiModel):
    """An order for its buyer. `expires_at` is the deadline on the database clock.

    `price` is the total of the items, `ticket` the first of them.
    """

    id: UUID
    status: OrderStatus
    expires_at: datetime
    buyer_id: Annotated[UUID, Field(serialization_alias="userId")]
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]
    currency: str
    created_at: datetime
    ticket: OrderTicket
    quantity: int
    listing_id: UUID | None
    items: list[OrderItemRead]


class OrderStepRead(ApiModel):
    """A status of an order, when it began, and the deadline at that time."""

    status: OrderStatus
    at: datetime
    expires_at: datetime


class OrderDetail(OrderRead):
    """An order with its history, oldest first."""

    timeline: list[OrderStepRead]


class OrderPage(ApiModel):
    items: list[OrderRead]
    next_cursor: str | None


class GiftCreate(ApiModel):
    """The address of the friend's account, which need not exist yet."""

    email: NewEmail


class GiftRead(ApiModel):
    """A gift for its giver or its receiver; `to_email` is erased 30 days after its end."""

    id: UUID
    file_id: UUID
    status: GiftStatus
    from_email: str
    to_email: str | None
    is_giver: bool
    expires_at: datetime
    opened_at: Annotated[
        datetime | None, Field(description="When the file was opened, by its buyer or a friend.")
    ]
    ticket: TicketRead


class GiftSummary(BaseModel):
    """A gift for its notices."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    file_id: UUID
    status: GiftStatus
    from_id: UUID
    from_email: str
    to_id: UUID | None
    to_email: str | None
    expires_at: datetime
    opened_at: datetime | None
    ticket: TicketRead


class TicketGift(BaseModel):
    """A ticket with a file for a user who had it: to give away, offered, with the friend who took it, or for sale."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    file_id: UUID
    can_give: bool = False
    gift_id: UUID | None = None
    to_email: str | None = None
    expires_at: datetime | None = None
    is_taken: bool = False
    listed_id: UUID | None = None  # Its listing by this user.


class GiftExport(ApiModel):
    """A gift from a user, or to them, for their export; the address only if it is theirs, or they typed it."""

    id: UUID
    ticket_id: UUID
    status: GiftStatus
    is_giver: bool
    to_email: str | None
    created_at: datetime
    ended_at: datetime | None


class GivenTicket(BaseModel):
    """A ticket that a user owns by a gift; `order_id` is the order of the buyer behind it."""

    model_config = ConfigDict(frozen=True)

    gift_id: UUID
    file_id: UUID
    order_id: UUID
    ticket: TicketRead
    opened_at: datetime | None


class OwnershipStep(StrEnum):
    LISTED = "listed"
    LISTED_AGAIN = "listed_again"
    BOUGHT = "bought"
    GIVEN = "given"
    OPENED = "opened"


class OwnershipStepRead(ApiModel):
    """A step in the ownership history; `is_mine` if the viewer took it. `at` may be unknown."""

    step: OwnershipStep
    at: datetime | None
    is_mine: bool


class ChainRead(ApiModel):
    """The owners of a seat, without names; `is_sealed` if it has a file that no buyer or friend opened."""

    owners: int
    is_sealed: bool
    opened_at: datetime | None
    steps: list[OwnershipStepRead]


class PayableItem(BaseModel):
    """A ticket of an order for payments, with the frozen price."""

    model_config = ConfigDict(frozen=True)

    ticket_id: UUID
    price_cents: int
    refund_requested_at: datetime | None
    refunded_at: datetime | None


class PayableOrder(BaseModel):
    """An order for payments, with the frozen total of its items."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    buyer_id: UUID
    items: list[PayableItem]
    title: str
    price_cents: int
    currency: str
    status: OrderStatus
    expires_at: datetime
    is_running: bool = Field(description="Whether the deadline lies ahead on the database clock.")

    @property
    def ticket_ids(self) -> list[UUID]:
        return [item.ticket_id for item in self.items]


class OrderSummary(BaseModel):
    """An order as its buyer and its seller may be told of it; titles and prices are those of the hold."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    buyer_id: UUID
    seller_id: UUID
    title: str
    quantity: int
    price_cents: int
    currency: str
    status: OrderStatus
    is_excused: bool = Field(description="Its buyer did not cause the end.")
    expires_at: datetime
    tickets: list[TicketRead]
