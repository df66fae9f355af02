"""Backfill: items of the orders that were made before there were items, and the orders for others."""

from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.orders.repository import backfill as repository

FIRST_ID = UUID(int=0)


class Progress(NamedTuple):
    seen: int
    total: int
    added: int


async def add_items(transaction: Transaction, *, batch: int) -> AsyncGenerator[Progress]:
    """Add missing items in transactions of `batch` orders; may be stopped and repeated at any time."""
    async with transaction() as session:
        total = await repository.count_orders(session)
    after: UUID | None = FIRST_ID
    seen = 0
    added = 0
    while after:
        async with transaction() as session:
            done = await repository.add_items(session, after=after, limit=batch)
        after = done.last_id if done.orders == batch else None
        seen += done.orders
        added += done.added
        yield Progress(seen, max(total, seen), added)


async def count_completed(session: AsyncSession) -> int:
    return await repository.count_completed(session)


async def list_completed(session: AsyncSession, *, after: UUID, limit: int) -> list[UUID]:
    """Return up to `limit` completed orders with ids above `after`, by id."""
    return await repository.list_completed(session, after=after, limit=limit)
