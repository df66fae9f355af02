"""Owner of a seat that was sold, possibly several times: only orders know which sales are valid.

Called inside a transaction. Every change of ownership locks the seat first.
"""

from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders import rules
from ticketing_app.orders.models import Order, OrderItem
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.rules import OrderStatus, Sale
from ticketing_app.tickets.schemas.resale import Seat
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import resale


class OwnedSeat(NamedTuple):
    seat: Seat
    sales: list[Sale]  # Newest first.
    owner_id: UUID | None  # None during a refund or dispute.


async def list_seats(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[OwnedSeat]:
    """Return the seats of the tickets that were sold, in any order."""
    seats = await resale.list_seats(session, ticket_ids=ticket_ids)
    order_ids = {listing.order_id for seat in seats for listing in seat.sold if listing.order_id}
    orders = {order.id: order for order in await repository.get_by_ids(session, list(order_ids))}
    items = {
        (item.order_id, item.ticket_id): item
        for item in await repository.list_items(session, order_ids)
    }
    found: list[OwnedSeat] = []
    for seat in seats:
        sales = [
            Sale(
                order_id=order.id,
                status=_status(order, items[order.id, listing.id]),
                is_disputed=order.is_disputed,
                buyer_id=order.buyer_id,
                seller_id=listing.seller_id,
            )
            for listing in seat.sold
            if listing.order_id and (order := orders.get(listing.order_id))
        ]
        found.append(OwnedSeat(seat, sales, rules.owner_of(sales)))
    return found


def _status(order: Order, item: OrderItem) -> OrderStatus:
    return rules.item_status(
        OrderStatus(order.status),
        is_requested=item.refund_requested_at is not None,
        is_refunded=item.refunded_at is not None,
    )


async def end_unowned_listings(session: AsyncSession, *, ticket_ids: list[UUID]) -> None:
    """Take the open listings of these seats off sale unless the seller is, or will be, the owner."""
    before = await list_seats(session, ticket_ids=ticket_ids)
    # The lock of the order has locked them, but for one that was made while it waited.
    listed_ids = [found.seat.listed.id for found in before if found.seat.listed]
    await leases.lock_seats(session, ticket_ids=listed_ids)
    # One may have been sold or released while this waited for the row lock.
    for seat, sales, _ in await list_seats(session, ticket_ids=ticket_ids):
        if seat.listed and seat.listed.seller_id != rules.eventual_owner_of(sales):
            await resale.end_relisting(session, ticket_id=seat.listed.id)


async def list_unowned_sales(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[Sale]:
    return [
        sale
        for found in await list_seats(session, ticket_ids=ticket_ids)
        for sale in rules.unowned_sales(found.sales)
    ]
