from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field

from ticketing_app.core.money import JsonPrice
from ticketing_app.core.validation import ApiModel
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.payments.rules import ChargeStatus, RefundStatus

MAX_ID_LENGTH = 255


class PaymentCreate(ApiModel):
    order_id: UUID


class PaymentRead(ApiModel):
    """An open charge; the buyer's browser confirms it with `client_secret`."""

    id: UUID
    order_id: UUID
    status: ChargeStatus
    amount_cents: Annotated[JsonPrice, Field(serialization_alias="amount")]
    currency: str
    client_secret: str


class PaymentRecord(ApiModel):
    """A payment as its buyer may know it."""

    id: UUID
    order_id: UUID
    status: ChargeStatus
    amount_cents: Annotated[JsonPrice, Field(serialization_alias="amount")]
    currency: str
    declines: int
    refund_status: RefundStatus | None
    refund_reason: str | None
    created_at: datetime


class PaymentConfig(ApiModel):
    """Settings for Stripe.js, read at run time: the build contains none of them."""

    publishable_key: str
    stripe_js_url: str


class Confirming(ApiModel):
    """The hold while a card is checked. `expires_at` is the deadline on the database clock."""

    expires_at: datetime


class Settlement(ApiModel):
    status: OrderStatus
    attempts_left: int
    message: str | None


class DeclineRead(ApiModel):
    at: datetime
    message: str


class WebhookReceipt(ApiModel):
    """Confirms that the webhook is stored; it is handled afterwards."""

    received: bool = True


class PaymentBacklog(NamedTuple):
    refunds: dict[str, int]  # By status.
    alerts: dict[str, int]  # By kind.


# ---- facts from Stripe -------------------------------------------------------------------------


@dataclass(frozen=True)
class Decline:
    reference: str  # Identifies this decline among all others.
    code: str


@dataclass(frozen=True)
class Intent:
    id: str
    status: str
    client_secret: str
    decline: Decline | None = None


@dataclass(frozen=True)
class MadeRefund:
    """A refund at Stripe; without `refund_id` it was made by hand or by an earlier version."""

    id: str
    status: RefundStatus
    amount_cents: int
    refund_id: UUID | None = None


@dataclass(frozen=True)
class ListedIntent:
    """An intent in Stripe's list, with the amounts captured and refunded, in cents."""

    id: str
    status: str
    created_at: datetime
    taken_cents: int
    refunded_cents: int
    order_id: str | None


@dataclass(frozen=True)
class WebhookEndpoint:
    url: str
    is_enabled: bool
    api_version: str | None  # None for the account's default.
    kinds: frozenset[str]


@dataclass(frozen=True)
class WebhookEvent:
    """A webhook about an intent; `kind` is like `payment_intent.succeeded`, `decline` the declined card."""

    id: str
    kind: str
    intent_id: str | None
    decline: Decline | None = None

    @property
    def is_storable(self) -> bool:
        """Whether PostgreSQL accepts the texts: it rejects U+0000 and lone surrogates."""
        texts: list[object] = [self.id, self.kind, self.intent_id or "-"]
        if self.decline:
            texts += [self.decline.reference, self.decline.code]
        return all(
            isinstance(text, str) and text.isprintable() and len(text) <= MAX_ID_LENGTH
            for text in texts
        )
