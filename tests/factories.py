"""Create test data through the services, and move times in the database."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ticketing_app.accounts.models import User
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold as holding
from ticketing_app.tickets.schemas import TicketCreate, TicketRead, TicketUpdate
from ticketing_app.tickets.service import tickets

UNKNOWN_ID = "01a20000-0000-7000-8000-000000000000"
"""A well-formed id without a row, the same in each run."""


async def make_user(email: str | None = None) -> UserRead:
    """Create an account that cannot sign in: hashing passwords would dominate the run time."""
    user = User(email=email or f"{db.new_id()}@gittix.test", password_hash="no password")
    async with db.transaction() as session:
        session.add(user)
    return UserRead(id=user.id, email=user.email)


async def make_ticket(seller: UserRead | None = None, **fields: Any) -> TicketRead:  # noqa: ANN401  # any field
    """List a ticket, by default for $40 by a new seller."""
    seller = seller or await make_user()
    described = TicketCreate.model_validate({"title": "The Paper Lanterns", "price": 40, **fields})
    async with db.transaction() as session:
        return await tickets.create_ticket(session, seller_id=seller.id, ticket=described)


async def change_ticket(ticket: TicketRead, seller: UserRead, **fields: Any) -> TicketRead:  # noqa: ANN401  # any field
    """Replace the listing as its seller; fields that are not given are cleared."""
    update = TicketUpdate.model_validate(
        {"title": ticket.title, "price": Decimal(ticket.price_cents) / 100, **fields}
    )
    async with db.transaction() as session:
        return await tickets.update_ticket(
            session, seller_id=seller.id, ticket_id=ticket.id, ticket=update
        )


async def withdraw(ticket: TicketRead, seller: UserRead) -> None:
    """Take the listing off sale as its seller."""
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=seller.id, ticket_id=ticket.id)


async def hold(ticket: TicketRead, buyer: UserRead | None = None) -> OrderRead:
    """Hold the ticket, by default for a new buyer."""
    buyer = buyer or await make_user()
    async with db.autocommit() as connection:
        return await holding.create_order(connection, buyer_id=buyer.id, ticket_id=ticket.id)


async def let_event_begin(ticket_id: UUID) -> None:
    """Move the start of the event to a moment ago."""
    statement = (
        "UPDATE tickets SET starts_at = now() - interval '1 s', timezone = 'UTC' WHERE id = :id"
    )
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": ticket_id})


async def let_hold_lapse(order_id: UUID, *, seconds_ago: float = 1) -> None:
    """Move the deadline of the order and the lease of its ticket into the past."""
    async with db.transaction() as session:
        for statement in (
            (
                "UPDATE tickets SET locked_until = now() - make_interval(secs => :ago)"
                " WHERE order_id = :id AND locked_until < 'infinity'"
            ),
            (
                "UPDATE orders SET expires_at = now() - make_interval(secs => :ago) WHERE id = :id"
                " AND status IN ('created', 'awaiting_payment')"
            ),
        ):
            await (await session.connection()).execute(
                text(statement), {"ago": seconds_ago, "id": order_id}
            )


async def let_time_pass(ticket_id: UUID, seconds: float) -> None:
    """Move all times of the ticket's orders and its lease back."""
    back = "- make_interval(secs => :seconds)"
    moved = ", ".join(
        f"{name} = {name} {back}" for name in ("created_at", "expires_at", "ended_at")
    )
    async with db.transaction() as session:
        for statement in (
            f"UPDATE tickets SET locked_until = locked_until {back} WHERE id = :id",
            f"UPDATE orders SET {moved} WHERE ticket_id = :id",
        ):
            values = {"seconds": seconds, "id": ticket_id}
            await (await session.connection()).execute(text(statement), values)


async def let_cooldown_pass(order_id: UUID) -> None:
    """Move the end of this hold a day back."""
    async with db.transaction() as session:
        await (await session.connection()).execute(
            text(
                "UPDATE orders SET expires_at = now() - interval '1 day',"
                " ended_at = ended_at - interval '1 day' WHERE id = :id"
            ),
            {"id": order_id},
        )


async def recorded_events(*names: str) -> list[dict[str, Any]]:
    """Return the payloads of the recorded events with these names (all by default), oldest first."""
    async with db.transaction() as session:
        rows = await (await session.connection()).execute(
            text("SELECT name, payload FROM outbox ORDER BY position")
        )
        return [{"name": name, **payload} for name, payload in rows if not names or name in names]


async def read_ticket(ticket_id: UUID | str, viewer: UserRead | None = None) -> TicketRead:
    """Return the ticket as `viewer`, or a stranger, sees it."""
    async with db.transaction() as session:
        return await tickets.get_ticket(
            session, ticket_id=UUID(str(ticket_id)), viewer_id=viewer.id if viewer else None
        )
