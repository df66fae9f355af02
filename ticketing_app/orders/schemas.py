from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.money import JsonPrice, Price
from ticketing_app.core.validation import ApiModel
from ticketing_app.orders.rules import OrderStatus

MAX_VERSION = 2**31 - 1


class OrderCreate(ApiModel):
    """Ticket to hold; `version` and `price`, if set, must match the current offer."""

    ticket_id: UUID
    version: Annotated[int | None, Field(ge=1, le=MAX_VERSION)] = None
    price_cents: Annotated[Price | None, Field(alias="price")] = None


class OrderTicket(ApiModel):
    """The ticket of an order, as it was at the hold."""

    id: UUID
    title: str
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]


class OrderRead(ApiModel):
    """An order for its buyer. `expires_at` is the deadline on the database clock."""

    id: UUID
    status: OrderStatus
    expires_at: datetime
    buyer_id: Annotated[UUID, Field(serialization_alias="userId")]
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]
    currency: str
    created_at: datetime
    ticket: OrderTicket


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


class PayableOrder(BaseModel):
    """An order for payments, with the frozen price."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    buyer_id: UUID
    ticket_id: UUID
    title: str
    price_cents: int
    currency: str
    status: OrderStatus
    expires_at: datetime
    is_running: bool = Field(description="Whether the deadline lies ahead on the database clock.")
