"""Tells buyer and seller of an order."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices.service import telling
from ticketing_app.orders.schemas import OrderSummary


async def tell_buyer(
    session: AsyncSession, order: OrderSummary, kind: str, *, key: object = None, **facts: object
) -> None:
    """Tell once per order, or per `key`."""
    await telling.tell(
        session,
        user_id=order.buyer_id,
        kind=kind,
        key=f"{kind}:{key or order.id}",
        facts=_facts(order) | facts,
    )


async def tell_seller(session: AsyncSession, order: OrderSummary, kind: str) -> None:
    await telling.tell(
        session,
        user_id=order.seller_id,
        kind=kind,
        key=f"{kind}:{order.id}",
        facts=_facts(order),
    )


def _facts(order: OrderSummary) -> dict[str, Any]:
    named = order.model_dump(include={"title", "quantity", "price_cents", "currency"})
    return {"order_id": str(order.id), "ticket_id": str(order.tickets[0].id), **named}
