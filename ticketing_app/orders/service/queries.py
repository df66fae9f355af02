from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.paging import read_cursor
from ticketing_app.orders import rules
from ticketing_app.orders.models import OrderItem, OrderStep
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.repository.orders import OrderNow, OrderWithItems
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderDetail, OrderPage, OrderRead, OrderStepRead
from ticketing_app.orders.service import access
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import tickets
from ticketing_app.tickets.service.tickets import TicketWithdrawnError


async def get_order(session: AsyncSession, *, buyer_id: UUID, order_id: UUID) -> OrderDetail:
    """Return the buyer's order with its history."""
    found = await repository.get_order_now(session, order_id)
    if found is None or found.order.buyer_id != buyer_id:
        raise access.OrderNotFoundError
    [order] = await _read_orders(session, [found])
    steps = await repository.list_steps(session, order_id)
    return OrderDetail(**order.model_dump(), timeline=_timeline(order, steps))


async def _read_orders(session: AsyncSession, found: list[OrderNow]) -> list[OrderRead]:
    items: dict[UUID, list[OrderItem]] = {}
    for item in await repository.list_items(session, [each.order.id for each in found]):
        items.setdefault(item.order_id, []).append(item)
    ticket_ids = {item.ticket_id for own in items.values() for item in own}
    seats = await leases.list_seat_names(session, ticket_ids=ticket_ids)
    return [
        access.to_read(OrderWithItems(order, items[order.id]), seats, is_running=is_running)
        for order, is_running in found
    ]


def _timeline(order: OrderRead, steps: list[OrderStep]) -> list[OrderStepRead]:
    """Return the history for the buyer: an expired order ended at its deadline, closed or not."""
    steps_read = [OrderStepRead.model_validate(step.model_dump()) for step in steps]
    if order.status is OrderStatus.EXPIRED:
        steps_read = [step for step in steps_read if step.status is not OrderStatus.EXPIRED]
        end = order.expires_at
        steps_read.append(OrderStepRead(status=OrderStatus.EXPIRED, at=end, expires_at=end))
    # A refund of a part is a step of the same status; the items show it.
    changed = [
        step
        for before, step in zip([None, *steps_read], steps_read, strict=False)
        if before is None or step.status is not before.status or step.status in rules.PAYABLE
    ]
    # The response of a bank may arrive after the end.
    return sorted(changed, key=lambda step: step.at)


async def get_ticket(
    session: AsyncSession, *, ticket_id: UUID, viewer_id: UUID | None
) -> TicketRead:
    """Return a ticket; a withdrawn one only to its seller and to buyers with an order of it."""
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    if ticket.status is not Availability.WITHDRAWN or ticket.seller_id == viewer_id:
        return ticket
    if viewer_id and await repository.has_order(session, buyer_id=viewer_id, ticket_id=ticket_id):
        return ticket
    raise TicketWithdrawnError


async def list_orders(
    session: AsyncSession, *, buyer_id: UUID, limit: int, cursor: str | None = None
) -> OrderPage:
    """Return a page of the buyer's orders, newest first; `cursor` is the last id of the previous page."""
    before = read_cursor(cursor)
    rows = await repository.list_by_buyer(session, buyer_id=buyer_id, limit=limit, before=before)
    page = rows[:limit]
    return OrderPage(
        items=await _read_orders(session, page),
        next_cursor=str(page[-1].order.id) if len(rows) > limit else None,
    )
