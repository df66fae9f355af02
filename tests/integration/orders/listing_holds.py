"""Holds of several tickets, and changes of their listing that no service makes yet."""

from uuid import UUID

from sqlalchemy import text

from tests import factories
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.orders.rules import ANY_OFFER, Choice, OrderStatus, SeenOffer
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold, order_payment, release
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.tickets import TicketRead


def ids(order: OrderRead) -> list[UUID]:
    return [item.ticket.id for item in order.items]


async def statuses(tickets: list[TicketRead]) -> list[Availability]:
    return [(await factories.read_ticket(ticket.id)).status for ticket in tickets]


async def status(order_id: UUID) -> OrderStatus:
    async with db.transaction() as session:
        return (await order_payment.get_payable(session, order_id=order_id)).status


async def expire() -> int:
    async with db.transaction() as session:
        return await release.expire_due_orders(session, limit=10)


async def cancel(order: OrderRead, buyer: UserRead) -> None:
    async with db.transaction() as session:
        await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)


async def hold_best(
    tickets: list[TicketRead],
    buyer: UserRead,
    quantity: int,
    chosen: tuple[UUID, ...] = (),
    *,
    seen: SeenOffer = ANY_OFFER,
) -> OrderRead:
    listing_id = tickets[0].listing_id
    assert listing_id
    choice = Choice(listing_id, quantity, chosen)
    return await hold.create_listing_order(
        db.autocommit, buyer_id=buyer.id, choice=choice, seen=seen
    )


async def hold_seen(ticket: TicketRead, buyer: UserRead, seen: SeenOffer) -> OrderRead:
    return await hold.create_order(db.autocommit, buyer_id=buyer.id, ticket_id=ticket.id, seen=seen)


async def set_hold(tickets: list[TicketRead]) -> OrderRead:
    """Hold tickets that the seller's rule would refuse."""
    await set_split(tickets, Split.ANY)
    order = await factories.hold_tickets(tickets)
    await set_split(tickets, Split.NO_SINGLE)
    return order


async def set_split(tickets: list[TicketRead], split: Split) -> None:
    await run(f"UPDATE listings SET split = '{split}' WHERE id = :id", tickets[0].listing_id)


async def set_status(tickets: list[TicketRead], status: str) -> None:
    for ticket in tickets:
        await run(f"UPDATE tickets SET status = '{status}' WHERE id = :id", ticket.id)


async def run(statement: str, row_id: UUID | None) -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": row_id})
