"""Deliveries of orders that the version before completed, which knew none."""

from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.service import begin
from ticketing_app.orders.service import backfill as orders
from ticketing_app.orders.service import order_payment

BATCH = 5_000


class Progress(NamedTuple):
    seen: int
    total: int
    begun: int


async def begin_missing(
    transaction: Transaction, *, batch: int = BATCH
) -> AsyncGenerator[Progress]:
    """Begin the missing deliveries of completed orders; may be stopped and repeated at any time."""
    async with transaction() as session:
        total = await orders.count_completed(session)
    after: UUID | None = orders.FIRST_ID
    seen = 0
    begun = 0
    while after:
        async with transaction() as session:
            found = await orders.list_completed(session, after=after, limit=batch)
            known = await repository.list_order_ids(session, found)
        for order_id in found:
            if order_id not in known:
                await _begin(transaction, order_id)
                begun += 1
        after = found[-1] if len(found) == batch else None
        seen += len(found)
        yield Progress(seen, max(total, seen), begun)


async def _begin(transaction: Transaction, order_id: UUID) -> None:
    async with transaction() as session:
        await order_payment.get_payable(session, order_id=order_id, for_update=True)
        await begin.begin(session, order_id=order_id)
