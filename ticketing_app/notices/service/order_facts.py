"""Facts of orders for their letters; None once the status of the order contradicts the letter."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries.rules import DeliveryStatus
from ticketing_app.deliveries.service import wallet
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.views.facts import OrderFacts, TicketFacts
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderSummary
from ticketing_app.orders.service import summary
from ticketing_app.tickets.schemas.tickets import TicketRead

HERE = frozenset({DeliveryStatus.READY, DeliveryStatus.RECEIVED})
TICKET_FIELDS = frozenset(TicketFacts.model_fields)

# A letter about an order is sent while the order has one of these statuses.
STATUSES: Mapping[str, frozenset[OrderStatus]] = {
    "order_started": rules.PAYABLE | {OrderStatus.CAPTURING},
    "hold_ending": rules.PAYABLE,
    "order_expired": frozenset({OrderStatus.EXPIRED}),
    "order_cancelled": frozenset({OrderStatus.CANCELLED}),
    "paid": frozenset({OrderStatus.COMPLETED}),
    "tickets_here": frozenset({OrderStatus.COMPLETED}),
    "sold": frozenset({OrderStatus.COMPLETED}),
    "sale_refunded": frozenset(OrderStatus),
    "refunded": frozenset(OrderStatus),
}
# A receipt names the tickets also to an address that is not confirmed: a payment is no way to send spam.
OF_PAID_ORDERS = frozenset({"paid", "tickets_here", "sold", "sale_refunded", "refunded"})


async def prepare(session: AsyncSession, mail: DueMail) -> OrderFacts | None:
    order = await summary.get_summary(session, order_id=UUID(mail.facts["order_id"]))
    if order.status not in STATUSES[mail.kind]:
        return None
    facts = facts_of(order, refunded_cents=mail.facts.get("refunded_cents", 0))
    facts = facts.model_copy(update=await _arrival(session, order))
    if mail.is_confirmed or mail.kind in OF_PAID_ORDERS:
        return facts
    # An attacker could sign up with the address of a stranger, to send them the title of a listing.
    return facts.model_copy(update={"title": "", "tickets": ()})


def facts_of(order: OrderSummary, *, refunded_cents: int = 0) -> OrderFacts:
    return OrderFacts(
        order_id=order.id,
        tickets=tuple(_ticket(ticket) for ticket in order.tickets),
        refunded_cents=refunded_cents,
        **order.model_dump(include={"quantity", "price_cents", "currency", "expires_at", "title"}),
    )


async def _arrival(session: AsyncSession, order: OrderSummary) -> dict[str, Any]:
    if order.status is not OrderStatus.COMPLETED:
        return {}
    ticket_ids = {order.id: [ticket.id for ticket in order.tickets]}
    found = await wallet.list_arrivals(session, buyer_id=order.buyer_id, ticket_ids=ticket_ids)
    if order.id not in found:
        return {}
    arrival = found[order.id]
    is_waiting = arrival.status in {DeliveryStatus.WAITING, DeliveryStatus.ISSUING}
    return {
        "is_here": arrival.status in HERE,
        "send_by": arrival.due_at if is_waiting else None,
    }


def _ticket(ticket: TicketRead) -> TicketFacts:
    given = ticket.model_dump(include=set(TICKET_FIELDS), exclude_none=True)
    return TicketFacts.model_validate(given)
