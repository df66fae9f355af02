"""What goes in and out of orders."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketing_app.core.money import JsonPrice, Price
from ticketing_app.core.validation import ApiModel
from ticketing_app.orders.rules import OrderStatus

MAX_VERSION = 2**31 - 1


class OrderCreate(ApiModel):
    """Which ticket to hold; `version` and `price`, when sent, must be those of the offer by now."""

    ticket_id: UUID
    version: Annotated[int | None, Field(ge=1, le=MAX_VERSION)] = None
    price_cents: Annotated[Price | None, Field(alias="price")] = None


class OrderTicket(ApiModel):
    """The ticket of an order, as it was at the hold."""

    id: UUID
    title: str
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]


class OrderRead(ApiModel):
    """An order as its buyer sees it. `expires_at` is the deadline on the database clock."""

    id: UUID
    status: OrderStatus
    expires_at: datetime
    buyer_id: Annotated[UUID, Field(serialization_alias="userId")]
    price_cents: Annotated[JsonPrice, Field(serialization_alias="price")]
    currency: str
    created_at: datetime
    ticket: OrderTicket


class OrderStepRead(ApiModel):
    """What an order became, and when; `expires_at` is the deadline that it had then."""

    status: OrderStatus
    at: datetime
    expires_at: datetime


class OrderDetail(OrderRead):
    """An order with what happened to it, oldest first."""

    timeline: list[OrderStepRead]


class OrderPage(ApiModel):
    """One page of one's own orders, newest first."""

    items: list[OrderRead]
    next_cursor: str | None


class PayableOrder(BaseModel):
    """What payments needs to know to open a charge: the frozen price, and whose it is."""

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
