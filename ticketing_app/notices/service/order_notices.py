"""Notices of an order for its buyer and its seller."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging.catalog import OrderCreated
from ticketing_app.notices import repository
from ticketing_app.notices.service import telling
from ticketing_app.orders.schemas import OrderSummary


async def tell_buyer(
    session: AsyncSession, order: OrderSummary, kind: str, *, key: object = None, **facts: object
) -> None:
    """Notify the buyer, once per order or per `key`."""
    await _tell(session, order, order.buyer_id, kind, key or order.id, facts)


async def tell_seller(
    session: AsyncSession, order: OrderSummary, kind: str, *, key: object = None, **facts: object
) -> None:
    """Notify the seller, as `tell_buyer` does the buyer."""
    await _tell(session, order, order.seller_id, kind, key or order.id, facts)


async def tell_start(session: AsyncSession, event: OrderCreated, *, seller_id: UUID) -> None:
    """Notify the seller of a hold; does not read the order, as holds are the most frequent events."""
    facts = {
        "order_id": str(event.order_id),
        "ticket_id": str(event.ticket_id),
        "quantity": len(event.tickets) or 1,
        **event.model_dump(include={"title", "price_cents", "currency"}),
    }
    key = f"order_started:{event.order_id}"
    await telling.tell(session, user_id=seller_id, kind="order_started", key=key, facts=facts)


async def has_told_sale(session: AsyncSession, order: OrderSummary) -> bool:
    return bool(await repository.list_told(session, [f"sold:{order.id}"]))


async def _tell(
    session: AsyncSession,
    order: OrderSummary,
    user_id: UUID,
    kind: str,
    key: object,
    facts: dict[str, object],
) -> None:
    await telling.tell(
        session, user_id=user_id, kind=kind, key=f"{kind}:{key}", facts=_facts(order) | facts
    )


def _facts(order: OrderSummary) -> dict[str, Any]:
    named = order.model_dump(include={"title", "quantity", "price_cents", "currency"})
    return {"order_id": str(order.id), "ticket_id": str(order.tickets[0].id), **named}
