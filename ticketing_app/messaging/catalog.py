"""Every domain event: a frozen, versioned, typed class each, named in the past tense."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class DomainEvent(BaseModel):
    """The facts of one change. The envelope (event id, time, correlation id) is kept beside it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: ClassVar[int] = 1
    recorded_by: ClassVar[str]
    aggregate: ClassVar[str]

    @property
    def aggregate_id(self) -> UUID:
        """The id of the thing that changed."""
        return getattr(self, f"{self.aggregate}_id")

    @property
    def aggregate_version(self) -> int:
        """The version of the thing after the change; rises by one with each change."""
        return getattr(self, f"{self.aggregate}_version")


class _UserEvent(DomainEvent):
    recorded_by: ClassVar[str] = "accounts"
    aggregate: ClassVar[str] = "user"

    user_id: UUID
    user_version: int
    email: str = Field(description="Lower-case e-mail address.")


class UserCreated(_UserEvent):
    """Somebody signed up."""


class UserUpdated(_UserEvent):
    """An account changed its e-mail address or password."""


class _TicketEvent(DomainEvent):
    recorded_by: ClassVar[str] = "tickets"
    aggregate: ClassVar[str] = "ticket"

    ticket_id: UUID
    ticket_version: int
    seller_id: UUID
    title: str = Field(description="Title of the listing.")
    price_cents: int = Field(description="Price in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    status: Literal["for_sale", "withdrawn", "sold"] = Field(
        description="Status of the ticket after the change."
    )


class TicketCreated(_TicketEvent):
    """A ticket was listed."""


class TicketUpdated(_TicketEvent):
    """A listing was edited or withdrawn. Holding and releasing are told by the order's events."""


class OrderEvent(DomainEvent):
    """What all events of an order carry: the order, and what became of its ticket."""

    recorded_by: ClassVar[str] = "orders"
    aggregate: ClassVar[str] = "order"

    order_id: UUID
    order_version: int
    status: str = Field(description="Status of the order after the change.")
    buyer_id: UUID
    price_cents: int = Field(description="Frozen price in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    expires_at: datetime = Field(description="When the hold ends (UTC).")
    ticket_id: UUID
    ticket_version: int | None = Field(
        description="Version of the ticket after the change; none when this change left the ticket alone."
    )
    locked_until: datetime | None = Field(
        description="The ticket's lease (UTC); none when it is free or kept without an end."
    )
    seller_id: UUID | None = Field(
        default=None,
        description="Who listed the ticket; none when this change does not concern them.",
    )


class OrderCreated(OrderEvent):
    """A ticket was locked for a buyer."""

    title: str = Field(description="Title of the ticket at the hold.")


class OrderUpdated(OrderEvent):
    """An order changed its status or its deadline and lives on."""


class OrderCancelled(OrderEvent):
    """The buyer let go, or payment failed for good; the ticket is free."""


class OrderExpired(OrderEvent):
    """The time ran out; the ticket is free, or already held by the next buyer."""


class OrderCompleted(OrderEvent):
    """The ticket is paid and belongs to the buyer."""


class _ChargeEvent(DomainEvent):
    recorded_by: ClassVar[str] = "payments"
    aggregate: ClassVar[str] = "charge"

    charge_id: UUID
    charge_version: int
    order_id: UUID
    amount_cents: int = Field(description="Amount in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    stripe_id: str | None = Field(description="Stripe's id of the PaymentIntent.")


class ChargeCreated(_ChargeEvent):
    """A payment was opened; nothing is charged yet."""


class ChargeFailed(_ChargeEvent):
    """A payment ended without a ticket; money that came all the same goes back."""

    failure_code: str | None = Field(description="Stripe's decline code, or why we gave it up.")


class ChargeRefunded(_ChargeEvent):
    """Money that was taken was given back."""

    stripe_refund_id: str = Field(description="Stripe's id of the refund.")


class PaymentAlertRaised(DomainEvent):
    """People must look at a payment: money and tickets differ, a refund failed, a buyer disputes."""

    recorded_by: ClassVar[str] = "payments"
    aggregate: ClassVar[str] = "alert"

    alert_id: UUID
    alert_version: int = Field(description="How often it was seen.")
    kind: str = Field(description="What is wrong, like `refund_failed`.")
    subject: str = Field(description="Stripe's id of what it is about, or ours.")
    order_id: UUID | None
    detail: str = Field(description="A sentence for people.")


CATALOG: dict[str, type[DomainEvent]] = {
    event.__name__: event
    for event in (
        UserCreated,
        UserUpdated,
        TicketCreated,
        TicketUpdated,
        OrderCreated,
        OrderUpdated,
        OrderCancelled,
        OrderExpired,
        OrderCompleted,
        ChargeCreated,
        ChargeFailed,
        ChargeRefunded,
        PaymentAlertRaised,
    )
}
"""Event classes by their name on the wire."""
