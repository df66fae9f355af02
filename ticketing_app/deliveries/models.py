from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlmodel import Field

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.deliveries.rules import DeliveryStatus, IssueStep


class Delivery(Table, table=True):
    """The way of the tickets of a paid order to their buyer.

    Without a `method` the seller sends them and promised nothing: no deadline, no refund by itself.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "method IN ('file', 'file_later', 'transfer', 'reissue', 'link')", name="method"
        ),
        CheckConstraint(
            "status IN ('waiting', 'issuing', 'ready', 'sent', 'received', 'late', 'failed', 'voided')",
            name="status",
        ),
        CheckConstraint(
            "(due_at IS NOT NULL) ="
            " (method IS NOT NULL AND status IN ('waiting', 'issuing', 'late'))",
            name="due",
        ),
        Index("ix_deliveries_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_deliveries_seller_id", "seller_id", "id"),
        Index("ix_deliveries_buyer_id", "buyer_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", unique=True)
    seller_id: UUID = Field(foreign_key="users.id")
    buyer_id: UUID = Field(foreign_key="users.id")
    method: str | None = None
    status: str = DeliveryStatus.WAITING
    due_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    has_waited: bool = Field(
        default=False,
        description="The buyer gave more time, which is possible once.",
        sa_column_kwargs={"server_default": text("false")},
    )
    opened_at: datetime | None = Field(
        default=None, sa_type=utc_datetime(), description="The seal; never reset."
    )
    proof_file_id: UUID | None = Field(
        default=None, description="A screenshot of the seller that shows that they sent it."
    )
    proof_reference: str | None = Field(
        default=None, description="The issuer's confirmation number."
    )
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    created_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class DeliveryStep(Table, table=True):
    """History of a delivery: a row per version, never changed."""

    __tablename__ = "delivery_steps"

    delivery_id: UUID = Field(foreign_key="deliveries.id", primary_key=True)
    version: int = Field(primary_key=True)
    transition: str
    status: str
    due_at: datetime | None = Field(default=None, sa_type=utc_datetime())
    # None for the clock, a job or a payment.
    by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    at: datetime | None = Field(
        default=None,
        sa_column=Column(utc_datetime(), nullable=False, server_default=text("clock_timestamp()")),
    )


class TicketUse(Table, table=True):
    """A ticket whose owner said at the entrance that they are in."""

    __tablename__ = "ticket_uses"

    ticket_id: UUID = Field(foreign_key="tickets.id", primary_key=True)
    used_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class DeliveryAddress(Table, table=True):
    """The buyer's account at the issuer, encrypted with a key of its own (`vault.envelope`)."""

    __tablename__ = "delivery_addresses"
    __table_args__ = (Index("ix_delivery_addresses_changed_at", "changed_at"),)

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    buyer_id: UUID = Field(foreign_key="users.id", index=True)
    key_name: str
    wrapped_key: bytes
    sealed: bytes
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    changed_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class DeliveryAddressRead(Table, table=True):
    """A session of the seller in which the address was shown."""

    __tablename__ = "delivery_address_reads"

    order_id: UUID = Field(
        foreign_key="delivery_addresses.order_id", ondelete="CASCADE", primary_key=True
    )
    session_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    count: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    first_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())
    last_at: datetime = Field(default_factory=utc_now, sa_type=utc_datetime())


class IssuerTicket(Table, table=True):
    """A ticket at its issuer, which freezes it while it is on sale and issues it anew for its buyer."""

    __tablename__ = "issuer_tickets"
    __table_args__ = (
        CheckConstraint("step IN ('none', 'asked', 'issued', 'stored')", name="step"),
        CheckConstraint("(step = 'none') = (recipient_id IS NULL)", name="recipient"),
        CheckConstraint("length(link_digest) = 32", name="link_digest"),
        Index("uq_issuer_tickets_file_id", "file_id", unique=True),
        Index("ix_issuer_tickets_ticket_id", "ticket_id"),
    )

    address: str = Field(primary_key=True)
    organizer: str = Field(primary_key=True)
    event: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    # Without foreign keys: a ticket has to be unfrozen also after its file or listing is gone.
    file_id: UUID
    ticket_id: UUID = Field(description="The listing for which it was frozen last.")
    is_frozen: bool
    step: str = IssueStep.NONE
    recipient_id: UUID | None = Field(default=None, foreign_key="users.id")
    turn: int = Field(default=0, description="Counts the re-issues, for idempotency keys.")
    # At the issuer, before the present turn: if it differs there, the turn has happened.
    order_code: str
    link_digest: bytes
