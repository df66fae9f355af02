"""All domain events, named in the past tense."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from ticketing_app.core import changes
from ticketing_app.core.changes import Keys

# Statuses of orders that hold tickets or let them go: the same tickets stay on sale.
_HOLD_STATUSES = frozenset({"created", "awaiting_payment", "capturing", "cancelled", "expired"})


class DomainEvent(BaseModel):
    """The facts of one change; event id, time and correlation id are in the envelope."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: ClassVar[int] = 1
    recorded_by: ClassVar[str]
    aggregate: ClassVar[str]
    # Fields with the ids of what changed on public pages; None if any page may have changed.
    affects: ClassVar[tuple[str, ...] | None] = None

    @property
    def aggregate_id(self) -> UUID:
        return getattr(self, f"{self.aggregate}_id")

    @property
    def aggregate_version(self) -> int:
        """Return the version after the change, rising by one each time."""
        return getattr(self, f"{self.aggregate}_version")

    @classmethod
    def affected(cls, payload: Mapping[str, Any]) -> Keys | None:
        """Return the keys of `core.changes` under which public pages read what changed; None for all."""
        # Events of an earlier version of the program may lack a field.
        if cls.affects is None or not payload.keys() >= set(cls.affects):
            return None
        return changes.keys(*(payload[name] for name in cls.affects))


class _PersonalEvent(DomainEvent):
    """A change that no public page shows."""

    affects: ClassVar[tuple[str, ...] | None] = ()


class _UserEvent(_PersonalEvent):
    recorded_by: ClassVar[str] = "accounts"
    aggregate: ClassVar[str] = "user"

    user_id: UUID
    user_version: int
    email: str = Field(description="Lower-case e-mail address.")


class UserCreated(_UserEvent):
    """A user signed up."""


class UserUpdated(_UserEvent):
    """An account changed its e-mail address or password."""


class EmailConfirmationRequested(_UserEvent):
    """An account wants the link that confirms its address, which it has not confirmed yet."""


class EmailConfirmed(_UserEvent):
    """The owner of an account proved that its address is theirs."""


class EmailChangeRequested(_UserEvent):
    """An account with a confirmed address wants another one, which counts once it is confirmed."""

    new_email: str = Field(description="Lower-case e-mail address that is to be confirmed.")


class EmailChanged(_UserEvent):
    """An account has another confirmed address; its former one can be restored for a week."""

    former_email: str = Field(description="Lower-case e-mail address before the change.")


class PasswordResetRequested(_UserEvent):
    """Somebody who knows the address of an account asked for a new password."""


class PasswordChanged(_UserEvent):
    """An account has another password."""

    is_reset: bool = Field(description="Whether a mailed link replaced the old password.")


class UserSignedIn(_UserEvent):
    """A user signed in; the account did not change."""

    method: str = Field(description="How: password, passkey, reset.")
    device: str = Field(description="Hint from the User-Agent header.")
    address: str = Field(description="Client address.")
    is_new_device: bool = Field(description="Whether the account did not use this device before.")


class _PasskeyEvent(_UserEvent):
    passkey_id: UUID
    passkey_name: str = Field(description="Name that the user gave it.")


class PasskeyAdded(_PasskeyEvent):
    """A user added a passkey; the account did not change."""


class PasskeyRemoved(_PasskeyEvent):
    """A user removed a passkey; the account did not change."""


class UserErased(_UserEvent):
    """The account was erased; the address is a placeholder."""

    # The descriptions of all its tickets are erased, too.
    affects: ClassVar[tuple[str, ...] | None] = None


class _EventFacts(DomainEvent):
    recorded_by: ClassVar[str] = "events"
    aggregate: ClassVar[str] = "event"

    event_id: UUID
    event_version: int
    title: str = Field(description="Title of the event.")
    status: str = Field(description="Status of the event after the change.")
    venue_id: UUID
    venue: str = Field(description="Name of the venue.")
    city: str = Field(description="City of the venue.")
    timezone: str = Field(description="IANA name of the time zone of the venue.")
    starts_at: datetime = Field(description="Start of the event (UTC).")


class EventCreated(_EventFacts):
    """A seller named an event that was not known yet."""


class EventChanged(_EventFacts):
    """An event moved, its place was corrected, or it was merged; repeated while tickets follow in batches."""

    merged_into_id: UUID | None = Field(
        default=None, description="The event that it was merged into, if any."
    )
    old_starts_at: datetime | None = Field(
        default=None, description="Start before the change, if it changed."
    )
    old_venue: str | None = Field(
        default=None, description="Name of the venue before the change, if it changed."
    )
    old_city: str | None = Field(default=None, description="City before the change, if it changed.")

    @property
    def has_moved(self) -> bool:
        return bool(self.old_starts_at or self.old_venue or self.old_city)


class EventCancelled(_EventFacts):
    """An event was cancelled; repeated while its tickets are withdrawn in batches."""


class _TicketEvent(DomainEvent):
    recorded_by: ClassVar[str] = "tickets"
    aggregate: ClassVar[str] = "ticket"
    affects: ClassVar[tuple[str, ...] | None] = ("ticket_id", "event_id", "listing_id")

    ticket_id: UUID
    ticket_version: int
    seller_id: UUID
    title: str = Field(description="Title of the listing.")
    price_cents: int = Field(description="Price in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    status: Literal["for_sale", "paused", "withdrawn", "sold"] = Field(
        description="Status of the ticket after the change."
    )
    is_locked: bool = Field(default=False, description="Whether an order holds the ticket.")
    event_id: UUID | None = Field(default=None, description="The concert or match, if it has one.")
    listing_id: UUID | None = Field(default=None, description="The listing, if it is in one.")

    @classmethod
    @override
    def affected(cls, payload: Mapping[str, Any]) -> Keys | None:
        ids = super().affected(payload)
        return ids and ids | {changes.OFFERS}


class TicketCreated(_TicketEvent):
    """A ticket was listed."""


class TicketUpdated(_TicketEvent):
    """A listing was edited, paused, resumed or withdrawn. Holds and releases are events of the order."""


class TicketVersion(BaseModel):
    """A ticket of an order; `version` is none if the ticket did not change."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    version: int | None


class TicketGiven(DomainEvent):
    """A bought ticket was offered to a friend, or such an offer ended."""

    recorded_by: ClassVar[str] = "orders"
    aggregate: ClassVar[str] = "gift"
    affects: ClassVar[tuple[str, ...] | None] = ("ticket_id",)

    gift_id: UUID
    gift_version: int
    ticket_id: UUID
    status: str = Field(description="`offered`, `taken`, `declined`, `withdrawn` or `lapsed`.")
    from_id: UUID = Field(description="The user who gives it.")
    to_id: UUID | None = Field(default=None, description="The user who took it.")


class OrderEvent(DomainEvent):
    """State of an order and of its tickets."""

    recorded_by: ClassVar[str] = "orders"
    aggregate: ClassVar[str] = "order"
    affects: ClassVar[tuple[str, ...] | None] = ("ticket_id", "event_id", "listing_id")

    order_id: UUID
    order_version: int
    status: str = Field(description="Status of the order after the change.")
    buyer_id: UUID
    price_cents: int = Field(description="Frozen total in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    expires_at: datetime = Field(description="End of the hold (UTC).")
    ticket_id: UUID = Field(description="The first of the tickets.")
    ticket_version: int | None = Field(
        description="Version of the first ticket after the change; none if it did not change."
    )
    tickets: list[TicketVersion] = Field(
        default=[],
        description="Each ticket's `id` and its `version` after the change, none if it did not change. "
        "Empty in events of earlier versions of the program, which have one ticket.",
    )
    locked_until: datetime | None = Field(
        description="End of the lease of the tickets (UTC); none if they are free or held without an end."
    )
    seller_id: UUID | None = Field(
        default=None,
        description="Seller of the ticket; none if the change does not concern them.",
    )
    event_id: UUID | None = Field(
        default=None, description="The concert or match of changed tickets, if they have one."
    )
    listing_id: UUID | None = Field(
        default=None, description="The listing of the tickets, if they are in one."
    )

    @classmethod
    @override
    def affected(cls, payload: Mapping[str, Any]) -> Keys | None:
        ids = super().affected(payload)
        lists = None if payload["status"] in _HOLD_STATUSES else changes.OFFERS
        return ids and ids | changes.keys(lists, *(ticket["id"] for ticket in payload["tickets"]))


class OrderCreated(OrderEvent):
    """A ticket was locked for a buyer."""

    title: str = Field(description="Title of the ticket at the hold.")


class OrderUpdated(OrderEvent):
    """The status or deadline of an open order changed."""


class OrderCancelled(OrderEvent):
    """The buyer cancelled, or payment failed for good; the ticket is free."""


class OrderExpired(OrderEvent):
    """The hold expired; the ticket is free, or already held by the next buyer."""


class OrderCompleted(OrderEvent):
    """The tickets are paid and belong to the buyer; their delivery begins."""


class DeliveryChanged(DomainEvent):
    """The delivery of a paid order began or changed its status."""

    recorded_by: ClassVar[str] = "deliveries"
    aggregate: ClassVar[str] = "delivery"
    affects: ClassVar[tuple[str, ...] | None] = ("order_id",)

    delivery_id: UUID
    delivery_version: int
    order_id: UUID
    buyer_id: UUID
    seller_id: UUID
    method: str | None = Field(description="None if the seller promised nothing.")
    status: str = Field(description="Status of the delivery after the change.")
    due_at: datetime | None = Field(description="Deadline of this status (UTC), if it has one.")
    transition: str = Field(description="Name of the change, like `begin` or `open`.")


class DeliveryAddressChanged(_PersonalEvent):
    """The buyer of a paid order changed their account at the issuer, to which the seller sends."""

    recorded_by: ClassVar[str] = "deliveries"
    aggregate: ClassVar[str] = "address"

    address_id: UUID = Field(description="That of the order.")
    address_version: int
    order_id: UUID
    buyer_id: UUID
    seller_id: UUID


class _ChargeEvent(_PersonalEvent):
    recorded_by: ClassVar[str] = "payments"
    aggregate: ClassVar[str] = "charge"

    charge_id: UUID
    charge_version: int
    order_id: UUID
    amount_cents: int = Field(description="Amount in cents of the currency.")
    currency: str = Field(description="ISO 4217 code in lower case.")
    stripe_id: str | None = Field(description="Stripe's id of the PaymentIntent.")


class ChargeCreated(_ChargeEvent):
    """A payment was opened; no money was taken yet."""


class ChargeFailed(_ChargeEvent):
    """A payment ended without a ticket; money that arrives late is refunded."""

    failure_code: str | None = Field(description="Stripe's decline code, or our reason.")


class ChargeRefunded(_ChargeEvent):
    """A charged amount, or a part of it, was refunded."""

    stripe_refund_id: str = Field(description="Stripe's id of the refund.")
    refunded_cents: int | None = Field(
        default=None, description="Amount of this refund; none for the whole charge."
    )
    ticket_ids: list[UUID] = Field(
        default=[],
        description="Tickets whose price was refunded; none if a part was refunded by hand.",
    )


class PaymentAlertRaised(_PersonalEvent):
    """A payment needs an operator: money and tickets differ, a refund failed, a buyer disputes."""

    recorded_by: ClassVar[str] = "payments"
    aggregate: ClassVar[str] = "alert"

    alert_id: UUID
    alert_version: int = Field(description="Number of times that it was seen.")
    kind: str = Field(description="Kind of problem, like `refund_failed`.")
    subject: str = Field(description="Stripe's id of the object concerned, or ours.")
    order_id: UUID | None
    detail: str = Field(description="A sentence for operators.")


class NoticeCreated(_PersonalEvent):
    """A person has a new notice under the bell."""

    recorded_by: ClassVar[str] = "notices"
    aggregate: ClassVar[str] = "notice"

    notice_id: UUID
    notice_version: int = 1
    user_id: UUID
    kind: str = Field(description="Kind of notice, like `sold`.")


class _CaseEvent(_PersonalEvent):
    recorded_by: ClassVar[str] = "cases"
    aggregate: ClassVar[str] = "case"

    case_id: UUID
    case_version: int
    number: str = Field(description="For people, like 482-130.")
    kind: str = Field(description="`contact`, `listing`, `user` or `illegal_content`.")
    user_id: UUID | None = Field(description="The reporter; none for a visitor.")
    email: str = Field(description="E-mail of a visitor, else empty.")
    message: str = Field(description="What the reporter wrote.")


class CaseOpened(_CaseEvent):
    """Somebody wrote to the operator, or reported a listing."""


class CaseChanged(_CaseEvent):
    """A case was answered or closed."""

    status: str = Field(description="Status of the case after the change.")
    answer: str = Field(default="", description="The answer; empty if the case was closed.")


class NoticesRead(_PersonalEvent):
    """A person read a notice, or this one and all older ones."""

    recorded_by: ClassVar[str] = "notices"
    aggregate: ClassVar[str] = "notice"

    notice_id: UUID
    notice_version: int = 2
    user_id: UUID


# Event classes by their name on the wire.
CATALOG: dict[str, type[DomainEvent]] = {
    event.__name__: event
    for event in (
        UserCreated,
        UserUpdated,
        UserSignedIn,
        PasskeyAdded,
        PasskeyRemoved,
        EmailConfirmationRequested,
        EmailConfirmed,
        EmailChangeRequested,
        EmailChanged,
        PasswordResetRequested,
        PasswordChanged,
        UserErased,
        EventCreated,
        EventChanged,
        EventCancelled,
        TicketCreated,
        TicketUpdated,
        OrderCreated,
        OrderUpdated,
        OrderCancelled,
        OrderExpired,
        OrderCompleted,
        TicketGiven,
        DeliveryChanged,
        DeliveryAddressChanged,
        ChargeCreated,
        ChargeFailed,
        ChargeRefunded,
        PaymentAlertRaised,
        NoticeCreated,
        CaseOpened,
        CaseChanged,
        NoticesRead,
    )
}
