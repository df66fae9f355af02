"""Deliveries with a deadline that the test moves on the database clock."""

from uuid import UUID

from sqlalchemy import text

from tests.integration.deliveries import sales
from tests.integration.payments import sales as payments
from ticketing_app.core import db
from ticketing_app.deliveries.models import Delivery

HOUR = 3600.0


async def sell(
    status: str = "waiting", *, method: str = "transfer", due_in_seconds: float | None = HOUR
) -> tuple[payments.Sale, UUID]:
    """Sell tickets with a delivery in this status; return the sale and the delivery."""
    sale = await sales.sell()
    delivery = await sales.read(sale.order.id)
    await promise(sale.ticket.id, method)
    await put(delivery.id, status, method=method, due_in_seconds=due_in_seconds)
    return sale, delivery.id


async def put(
    delivery_id: UUID, status: str, *, method: str = "transfer", due_in_seconds: float | None = HOUR
) -> None:
    """Move the delivery there without a transition."""
    async with db.transaction() as session:
        await sales.put(session, delivery_id, status, method=method, due_in_seconds=due_in_seconds)


async def promise(ticket_id: UUID, method: str) -> None:
    issuer = "ticketmaster" if method == "transfer" else None
    async with db.autocommit() as connection:
        await connection.execute(
            text("UPDATE tickets SET delivery_method = :method, issuer = :issuer WHERE id = :id"),
            {"method": method, "issuer": issuer, "id": ticket_id},
        )


async def read(delivery_id: UUID) -> Delivery:
    async with db.transaction() as session:
        return await session.get_one(Delivery, delivery_id)


async def forget_waiting(delivery_id: UUID) -> None:
    """Let the buyer wait again, as if they had not waited before."""
    async with db.autocommit() as connection:
        for statement in (
            "UPDATE deliveries SET has_waited = false WHERE id = :id",
            (
                "UPDATE delivery_steps SET transition = 'postpone'"
                " WHERE delivery_id = :id AND transition = 'wait'"
            ),
        ):
            await connection.execute(text(statement), {"id": delivery_id})
