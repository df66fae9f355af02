"""One read per order page, each in the caller's transaction."""

from dataclasses import dataclass
from uuid import UUID

from ticketing_app.orders.rules import PAID
from ticketing_app.orders.schemas import OrderDetail, OrderPage
from ticketing_app.orders.service import queries as orders
from ticketing_app.orders.service import sell
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.payments.service import queries as payments
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.tickets.service import tickets
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class OrderDetailPage:
    order: OrderDetail
    ticket: TicketRead
    declines: list[DeclineRead]
    is_relistable: bool


@dataclass(frozen=True)
class OrderListPage:
    """A page of orders; `relistable_ids` are the tickets that their buyer may sell again."""

    orders: OrderPage
    relistable_ids: set[UUID]


async def load_order_page(session: Session, *, buyer_id: UUID, order_id: UUID) -> OrderDetailPage:
    """Return the buyer's own order with its ticket and declined cards; raises OrderNotFoundError."""
    order = await orders.get_order(session, buyer_id=buyer_id, order_id=order_id)
    ticket_id = order.ticket.id
    return OrderDetailPage(
        order,
        await tickets.get_ticket(session, ticket_id=ticket_id, viewer_id=buyer_id),
        await payments.list_declines(session, buyer_id=buyer_id, order_id=order_id),
        bool(await sell.list_relistable(session, owner_id=buyer_id, ticket_ids=[ticket_id])),
    )


async def load_order_list_page(
    session: Session, *, buyer_id: UUID, limit: int, cursor: str | None = None
) -> OrderListPage:
    """Return a page of the buyer's own orders, newest first; raises the errors of `list_orders`."""
    page = await orders.list_orders(session, buyer_id=buyer_id, limit=limit, cursor=cursor)
    paid = [order.ticket.id for order in page.items if order.status in PAID]
    relistable = await sell.list_relistable(session, owner_id=buyer_id, ticket_ids=paid)
    return OrderListPage(page, relistable)
