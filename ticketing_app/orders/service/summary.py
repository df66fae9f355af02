"""An order with its seller and its tickets, to write about it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderSummary
from ticketing_app.orders.service import access
from ticketing_app.tickets.service import tickets


async def get_summary(session: AsyncSession, *, order_id: UUID) -> OrderSummary:
    """Return the order of any buyer; raises OrderNotFoundError."""
    order, items = await access.get_with_items(session, order_id)
    found = await tickets.list_by_ids(session, ticket_ids=[item.ticket_id for item in items])
    prices = {item.ticket_id: item.price_cents for item in items}
    # Title and price of a ticket are those of the order: it cannot be edited while it is held or sold, but
    # after an order ended.
    return OrderSummary(
        **order.model_dump(),
        seller_id=found[0].seller_id,
        tickets=[
            ticket.model_copy(update={"title": order.title, "price_cents": prices[ticket.id]})
            for ticket in sorted(found, key=lambda ticket: ticket.id)
        ],
    )


async def list_buyers(
    session: AsyncSession, *, order_ids: Sequence[UUID], statuses: frozenset[OrderStatus]
) -> dict[UUID, UUID]:
    """Return the buyers of those of these orders with one of the statuses, each with one of the orders."""
    orders = await repository.get_by_ids(session, order_ids)
    return {order.buyer_id: order.id for order in orders if order.status in statuses}


class OrderTitle(NamedTuple):
    title: str
    quantity: int


async def list_titles(
    session: AsyncSession, *, order_ids: Sequence[UUID]
) -> dict[UUID, OrderTitle]:
    rows = await repository.list_titles(session, order_ids)
    return {row.id: OrderTitle(row.title, row.quantity) for row in rows}
