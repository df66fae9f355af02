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


class PaymentConfig(ApiModel):
    """Settings for Stripe.js, read at run time: the build contains none of them."""

    publishable_key: str
    stripe_js_url: str


class Confirming(ApiModel):
    """The hold while a card is checked. `expires_at` is the deadline on the database clock."""

    expires_at: datetime


class Settlement(ApiModel):
    """Outcome of a payment; `message` only if the status is not enough."""

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
    """Unfinished work; seconds are 0 if nothing is waiting.

    `refunds` counts by status, `alerts` by kind. `overdue_seconds` is the delay of the charge that is overdue
    for longest.
    """

    refunds: dict[str, int]
    alerts: dict[str, int]
    webhooks: int
    oldest_webhook_seconds: float
    overdue_seconds: float


# ---- facts from Stripe -------------------------------------------------------------------------


@dataclass(frozen=True)
class Decline:
    """A declined card; `reference` identifies the decline."""

    reference: str
    code: str


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe returned it; `decline` is its last one."""

    id: str
    status: str
    client_secret: str
    decline: Decline | None = None


@dataclass(frozen=True)
class Refund:
    id: str
    status: RefundStatus
    amount_cents: int


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
    """An endpoint at Stripe; without a version, the account's default applies."""

    url: str
    is_enabled: bool
    api_version: str | None
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
