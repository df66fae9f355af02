"""Paid orders and their deliveries."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tests import factories
from tests.integration.payments import groups
from tests.integration.payments import sales as payments
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.deliveries.models import Delivery, DeliveryStep
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.deliveries.service import opening, queries
from ticketing_app.vault.inspection.results import Code
from ticketing_app.vault.schemas import Reader
from ticketing_app.vault.service import claims, storing
from ticketing_app.vault.service.storing import NewTicket


async def sell(count: int = 1) -> Sale:
    """Sell tickets that are sent by their seller, not checked."""
    sale, _ = await groups.sell(count)
    return sale


async def sell_files(*contents: bytes, buyer: UserRead | None = None) -> Sale:
    """Sell tickets with a file each; its barcode is its content."""
    tickets = await factories.make_tickets_together(seats=len(contents))
    new = [
        NewTicket(
            kind="application/pdf",
            content=content,
            identity=content,
            page_count=1,
            codes=(Code("QRCode", "]Q1", content, 1, f"<svg>{content.decode()}</svg>"),),
            previews=(b"a page",),
        )
        for content in contents
    ]
    file_ids = await storing.store(db.transaction, owner_id=tickets[0].seller_id, tickets=new)
    async with db.transaction() as session:
        await claims.claim(
            session, seller_id=tickets[0].seller_id, file_ids=file_ids, event_day=None
        )
        connection = await session.connection()
        statement = text(
            "UPDATE tickets SET delivery_method = 'file', vault_file_id = :file WHERE id = :id"
        )
        for ticket, file_id in zip(tickets, file_ids, strict=True):
            await connection.execute(statement, {"file": file_id, "id": ticket.id})
    buyer = buyer or await factories.make_user()
    order = await factories.hold_tickets(tickets, buyer)
    sale = Sale(buyer, tickets[0], order, await payments.open_payment(order, buyer))
    await payments.pay(sale)
    return sale


def reader(user_id: UUID) -> Reader:
    return Reader(user_id, db.new_id(), "192.0.2.7")


async def get(sale: Sale, viewer_id: UUID | None = None) -> DeliveryRead:
    async with db.transaction() as session:
        return await queries.get_delivery(
            session, order_id=sale.order.id, viewer_id=viewer_id or sale.buyer.id
        )


async def open_files(sale: Sale, user_id: UUID | None = None) -> DeliveryRead:
    delivery = await read(sale.order.id)
    async with db.transaction() as session:
        return await opening.open_delivery(
            session, delivery_id=delivery.id, reader=reader(user_id or sale.buyer.id)
        )


async def read_part(sale: Sale, part: str = "1", user_id: UUID | None = None) -> bytes:
    delivery = await read(sale.order.id)
    found = await opening.read_part(
        db.transaction,
        delivery_id=delivery.id,
        part=part,
        reader=reader(user_id or sale.buyer.id),
    )
    return found.content


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
    """Rewrite the last step of the delivery, as if it had ended there."""
    statement = text("""
        WITH moved AS (
          UPDATE deliveries SET status = :status, method = :method,
            due_at = clock_timestamp() + make_interval(secs => :due) WHERE id = :id RETURNING *
        )
        UPDATE delivery_steps s SET status = moved.status, due_at = moved.due_at FROM moved
        WHERE s.delivery_id = moved.id AND s.version = moved.version""")
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
