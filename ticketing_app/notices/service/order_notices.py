"""Notices of an order for its buyer and its seller."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging.catalog import OrderEvent
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


async def tell_hold(
    session: AsyncSession, event: OrderEvent, user_id: UUID, kind: str, title: str
) -> None:
    """Notify of a hold; does not read the order, as holds begin and end in bursts."""
    named = {"order_id", "ticket_id", "price_cents", "currency"}
    facts = event.model_dump(mode="json", include=named)
    facts |= {"title": title, "quantity": len(event.tickets) or 1}
    key = f"{kind}:{event.order_id}"
    await telling.tell(session, user_id=user_id, kind=kind, key=key, facts=facts)


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
