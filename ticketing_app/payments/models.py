from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.payments.rules import ChargeStatus, RefundStatus

# SQL: the charges with work. The index serves `adopt` and the sweeps of the previous version.
IS_WORK = "status = 'created' OR refund_status IN ('due', 'pending')"


class Charge(Table, table=True):
    """The payment of an order: one PaymentIntent at Stripe, however many cards are tried.

    `checks` counts the checks of an open charge (`created`) without an outcome. `key` is part of the
    idempotency key of its intent; it is random because Stripe remembers keys longer than a test database
    lives.

    The previous version of the program knows refunds of whole charges only: their columns summarise the
    table `refunds` for it. It also checks unfinished charges and refunds at `next_check_at`, and webhooks at
    `next_attempt_at`: their first checks, in case it takes over.
    """

    __tablename__ = "charges"
    __table_args__ = (
        CheckConstraint("status IN ('created', 'failed', 'completed')", name="status"),
        CheckConstraint("status <> 'completed' OR stripe_id IS NOT NULL", name="paid_at_stripe"),
        CheckConstraint(
            "refund_status IN ('due', 'pending', 'succeeded', 'failed')", name="refund_status"
        ),
        # Enforces rule 7: concurrent tabs, retries and workers share one charge.
        Index(
            "uq_charges_one_per_order",
            "order_id",
            unique=True,
            postgresql_where=text("status IN ('created', 'completed')"),
        ),
        Index("ix_charges_order_id", "order_id"),
        Index("ix_charges_due", "next_check_at", postgresql_where=text(IS_WORK)),
        # For the audit, which reads charges by time of creation.
        Index("ix_charges_completed", "created_at", postgresql_where=text("status = 'completed'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id")
    status: str = ChargeStatus.CREATED
    amount_cents: int
    currency: str = Field(max_length=3)
    key: UUID = Field(default_factory=uuid4)
    attempt: int = Field(default=0, description="Part of the idempotency key of the intent.")
    stripe_id: str | None = Field(default=None, unique=True)
    stripe_refund_id: str | None = Field(default=None, description="Of the last refund.")
    refund_status: str | None = Field(
        default=None, description="None while a part of the amount is not requested to be refunded."
    )
    refund_reason: str | None = Field(default=None, description="As the operator entered it.")
    refund_attempt: int = Field(
        default=0,
        description="Part of the idempotency key of the previous version's refund.",
        sa_column_kwargs={"server_default": "0"},
    )
    dispute_status: str | None = Field(
        default=None, description="Stripe's status of the last dispute."
    )
    failure_code: str | None = Field(
        default=None, description="Of the last decline, or the reason of the end."
    )
    declines: int = 0
    client_address: str | None = Field(
        default=None, description="Of the browser that opened it, while it is open."
    )
    checks: int = 0
    next_check_at: datetime = Field(sa_type=utc_datetime())
    version: int = 1
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class Refund(Table, table=True):
    """Money to give back, or given back by hand, for tickets of an order.

    `failed` is final: a retry is another refund. `checks` counts as in a charge.
    Its id is part of its idempotency key and in its metadata at Stripe.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("status IN ('due', 'pending', 'succeeded', 'failed')", name="status"),
        Index("ix_refunds_charge_id", "charge_id"),
        Index(
            "ix_refunds_due", "next_check_at", postgresql_where=text("status IN ('due', 'pending')")
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    charge_id: UUID = Field(foreign_key="charges.id")
    amount_cents: int
    ticket_ids: list[UUID] = Field(
        sa_type=cast("type", ARRAY(Uuid)),
        description="Empty for a part that was given back by hand: only an operator knows its ticket.",
    )
    status: str = RefundStatus.DUE
    reason: str | None = Field(default=None, description="None if it was made by hand at Stripe.")
    attempt: int = Field(
        default=0,
        description="Part of the idempotency key.",
        sa_column_kwargs={"server_default": "0"},
    )
    stripe_refund_id: str | None = Field(default=None, unique=True)
    checks: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    next_check_at: datetime = Field(sa_type=utc_datetime())
    created_at: datetime = Field(
        default_factory=utc_now,
        sa_type=utc_datetime(),
        sa_column_kwargs={"server_default": text("now()")},
    )
    ended_at: datetime | None = Field(default=None, sa_type=utc_datetime())


class ChargeDecline(Table, table=True):
    """A declined card, stored once although browser, webhook and check all report it."""

    __tablename__ = "charge_declines"

    charge_id: UUID = Field(foreign_key="charges.id", primary_key=True)
    reference: str = Field(primary_key=True)
    code: str
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class Webhook(Table, table=True):
    """A webhook of Stripe: references only, stored once by Stripe's id; work until `handled_at` is set."""

    __tablename__ = "stripe_events"
    __table_args__ = (
        Index("ix_stripe_events_handled_at", "handled_at"),
        Index(
            "ix_stripe_events_due", "next_attempt_at", postgresql_where=text("handled_at IS NULL")
        ),
    )

    id: str = Field(primary_key=True)
    kind: str
    intent_id: str | None
    last_error: str | None = None
    received_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    handled_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    attempts: int = 0
    next_attempt_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class PaymentAlert(Table, table=True):
    """A problem for operators, counted per kind and subject: Stripe's id, or ours if there is none."""

    __tablename__ = "payment_alerts"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_payment_alerts_open", "id", postgresql_where=text("resolved_at IS NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject: str
    order_id: UUID | None = Field(foreign_key="orders.id")
    detail: str
    seen: int = 1
    first_seen_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    last_seen_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    resolved_at: datetime | None = Field(default=None, sa_type=utc_datetime())
