"""Orders of several tickets of one listing."""

from uuid import UUID

from tests import factories
from tests.integration.payments import emulator, sales
from ticketing_app.core import db
from ticketing_app.orders.repository import orders as repository
from ticketing_app.payments.service import refund
from ticketing_app.tickets.schemas.tickets import TicketRead


async def start_sale(count: int) -> tuple[sales.Sale, list[TicketRead]]:
    """Hold several tickets and open their payment."""
    tickets = await factories.make_tickets_together(seats=count)
    buyer = await factories.make_user()
    order = await factories.hold_tickets(tickets, buyer)
    return sales.Sale(buyer, tickets[0], order, await sales.open_payment(order, buyer)), tickets


async def sell(count: int, card: str = emulator.VISA) -> tuple[sales.Sale, list[TicketRead]]:
    """Complete the sale of several tickets."""
    sale, tickets = await start_sale(count)
    await sales.pay(sale, card)
    return sale, tickets


async def request_refund(sale: sales.Sale, *tickets: TicketRead, reason: str = "One seat.") -> None:
    """Request the refund of these tickets like an operator, without a call to Stripe."""
    async with db.transaction() as session:
        await refund.request_refund(
            session,
            order_id=sale.order.id,
            reason=reason,
            ticket_ids=[ticket.id for ticket in tickets],
        )


async def refund_items(sale: sales.Sale, *tickets: TicketRead) -> None:
    await request_refund(sale, *tickets)
    await refund.execute_refund(db.transaction, charge_id=sale.payment.id)


async def refunded_ids(sale: sales.Sale) -> set[UUID]:
    """Return the tickets that count as refunded."""
    async with db.transaction() as session:
        items = await repository.list_items(session, [sale.order.id])
        return {item.ticket_id for item in items if item.refunded_at}
