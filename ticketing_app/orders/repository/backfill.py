"""Items of orders that are older than the table of items."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import OrderStatus

# The lock keeps the orders from ending between reading `is_live` and the check of the foreign key. Until
# migration 0021 a trigger adds the items of orders that an older version of the program makes meanwhile.
_ADD_ITEMS = text("""
    WITH batch AS (
        SELECT id FROM orders WHERE id > :after ORDER BY id LIMIT :limit
    ), missing AS (
        SELECT o.id, o.ticket_id, o.price_cents, o.is_live
        FROM batch JOIN orders o ON o.id = batch.id
        WHERE o.ticket_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)
        ORDER BY o.id
        FOR KEY SHARE OF o
    ), added AS (
        INSERT INTO order_items (order_id, ticket_id, price_cents, is_order_live)
        SELECT id, ticket_id, price_cents, is_live FROM missing
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM batch), (SELECT id FROM batch ORDER BY id DESC LIMIT 1),
           (SELECT count(*) FROM added)
""")


class Batch(NamedTuple):
    orders: int
    last_id: UUID | None
    added: int


async def add_items(session: AsyncSession, *, after: UUID, limit: int) -> Batch:
    """Add the missing items of up to `limit` orders with ids above `after`."""
    connection = await session.connection()
    values = {"after": after, "limit": limit}
    return Batch(*(await connection.execute(_ADD_ITEMS, values)).one())


async def count_orders(session: AsyncSession) -> int:
    return int(await (await session.connection()).scalar(text("SELECT count(*) FROM orders")) or 0)


async def count_completed(session: AsyncSession) -> int:
    query = select(func.count()).select_from(Order).where(Order.status == OrderStatus.COMPLETED)
    return (await session.exec(query)).one()


async def list_completed(session: AsyncSession, *, after: UUID, limit: int) -> list[UUID]:
    query = select(Order.id).where(Order.id > after, Order.status == OrderStatus.COMPLETED)
    return list((await session.exec(query.order_by(col(Order.id)).limit(limit))).all())
