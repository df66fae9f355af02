"""What goes in and out of payments."""

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
    """Which order to pay."""

    order_id: UUID


class PaymentRead(ApiModel):
    """A charge that is open to be confirmed in the buyer's browser with `client_secret`."""

    id: UUID
    order_id: UUID
    status: ChargeStatus
    amount_cents: Annotated[JsonPrice, Field(serialization_alias="amount")]
    currency: str
    client_secret: str


class PaymentConfig(ApiModel):
    """What a page needs to load Stripe.js; told at run time, never baked into the build."""

    publishable_key: str
    stripe_js_url: str


class Confirming(ApiModel):
    """The hold while a card is checked. `expires_at` is the deadline on the database clock."""

    expires_at: datetime


class Settlement(ApiModel):
    """What became of a payment: the order's status, and a sentence when that needs one."""

    status: OrderStatus
    attempts_left: int
    message: str | None


class DeclineRead(ApiModel):
    """A card that was declined: when, and why in plain words."""

    at: datetime
    message: str


class WebhookReceipt(ApiModel):
    """The webhook is kept; what it tells is handled soon."""

    received: bool = True


class PaymentBacklog(NamedTuple):
    """Work of payments that is not done; seconds are 0 when nothing waits.

    `refunds` counts by status, `alerts` by kind. `overdue_seconds` is how long the charge that is due
    for longest has waited for the sweep.
    """

    refunds: dict[str, int]
    alerts: dict[str, int]
    webhooks: int
    oldest_webhook_seconds: float
    overdue_seconds: float


# ---- what Stripe told -------------------------------------------------------------------------


@dataclass(frozen=True)
class Decline:
    """A refused card; `reference` tells it apart from every other refusal."""

    reference: str
    code: str


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe has it now; `decline` is its last one."""

    id: str
    status: str
    client_secret: str
    decline: Decline | None = None


@dataclass(frozen=True)
class Refund:
    """Money that goes back: on its way, at the buyer's bank, or returned to us."""

    id: str
    status: RefundStatus
    amount_cents: int


@dataclass(frozen=True)
class ListedIntent:
    """An intent in Stripe's list: what was taken with it and what of that was given back, in cents."""

    id: str
    status: str
    created_at: datetime
    taken_cents: int
    refunded_cents: int
    order_id: str | None


@dataclass(frozen=True)
class WebhookEndpoint:
    """Where Stripe sends webhooks, and of which kinds; no version means the account's."""

    url: str
    is_enabled: bool
    api_version: str | None
    kinds: frozenset[str]


@dataclass(frozen=True)
class WebhookEvent:
    """A webhook: its id, its kind like `payment_intent.succeeded`, the intent that it is about.

    `decline` is the card that it says was refused.
    """

    id: str
    kind: str
    intent_id: str | None
    decline: Decline | None = None

    @property
    def is_storable(self) -> bool:
        """Whether PostgreSQL takes the texts: it refuses U+0000 and lone surrogates."""
        texts: list[object] = [self.id, self.kind, self.intent_id or "-"]
        if self.decline:
            texts += [self.decline.reference, self.decline.code]
        return all(
            isinstance(text, str) and text.isprintable() and len(text) <= MAX_ID_LENGTH
            for text in texts
        )
