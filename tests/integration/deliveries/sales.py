"""Paid orders and their deliveries."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.integration.payments import groups
from tests.integration.payments.sales import Sale
from ticketing_app.core import db
from ticketing_app.deliveries.models import Delivery, DeliveryStep


async def sell(count: int = 1) -> Sale:
    """Sell tickets that are sent by their seller, not checked."""
    sale, _ = await groups.sell(count)
    return sale


async def forget_all() -> None:
    """Leave paid orders as the version before completes them: without a delivery."""
    async with db.autocommit() as connection:
        for statement in (
            "DELETE FROM delivery_steps",
            "DELETE FROM deliveries",
            "DELETE FROM outbox WHERE name = 'DeliveryChanged'",
        ):
            await connection.execute(text(statement))


async def find(order_id: UUID) -> Delivery | None:
    async with db.transaction() as session:
        query = select(Delivery).where(Delivery.order_id == order_id)
        return (await session.exec(query)).one_or_none()


async def read(order_id: UUID) -> Delivery:
    delivery = await find(order_id)
    assert delivery
    return delivery


async def steps(order_id: UUID) -> list[str]:
    async with db.transaction() as session:
        query = select(DeliveryStep.transition).join(
            Delivery, col(Delivery.id) == DeliveryStep.delivery_id
        )
        ordered = query.where(Delivery.order_id == order_id).order_by(col(DeliveryStep.version))
        return list((await session.exec(ordered)).all())


async def put(
    session: AsyncSession,
    delivery_id: UUID,
    status: str,
    *,
    method: str | None = None,
    due_in_seconds: float | None = None,
) -> None:
    """Move the delivery there without a transition."""
    statement = text(
        "UPDATE deliveries SET status = :status, method = :method,"
        " due_at = clock_timestamp() + make_interval(secs => :due) WHERE id = :id"
    )
    values = {"status": status, "method": method, "due": due_in_seconds, "id": delivery_id}
    await (await session.connection()).execute(statement, values)


async def join(event_id: UUID, ticket_id: UUID) -> None:
    """Make it and its listing belong to this event."""
    values = {"event": event_id, "id": ticket_id}
    async with db.autocommit() as connection:
        for statement in (
            "UPDATE tickets SET event_id = :event WHERE id = :id",
            (
                "UPDATE listings SET event_id = :event"
                " WHERE id IN (SELECT listing_id FROM tickets WHERE id = :id)"
            ),
        ):
            await connection.execute(text(statement), values)
