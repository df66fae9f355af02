"""All payments of a person, for the export."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.payments import repository
from ticketing_app.payments.schemas import PaymentRecord


async def export(session: AsyncSession, *, order_ids: Collection[UUID]) -> list[PaymentRecord]:
    """Return the payments of these orders, oldest first; we never have the number of a card."""
    charges = await repository.list_by_orders(session, order_ids)
    return [PaymentRecord.model_validate(charge.model_dump()) for charge in charges]
