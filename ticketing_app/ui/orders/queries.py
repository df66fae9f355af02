"""One read per order page, each in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ticketing_app.core.paging import MAX_LIMIT
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.deliveries.service import queries as deliveries
from ticketing_app.deliveries.service import wallet
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import events
from ticketing_app.orders.rules import ENDED_UNPAID, PAID, OrderStatus
from ticketing_app.orders.schemas import OrderDetail, OrderRead, TicketGift
from ticketing_app.orders.service import gifts, sell
from ticketing_app.orders.service import queries as orders
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.payments.service import queries as payments
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings, tickets
from ticketing_app.tickets.service.lease import ListingNotFoundError
from ticketing_app.ui.deliveries.sending_views import SendingFacts, load_sending
from ticketing_app.ui.orders.groups import OrderedTickets
from ticketing_app.ui.orders.views import tickets_of
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.tickets.views import why_off_sale
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class OrderDetailPage:
    order: OrderDetail
    tickets: dict[UUID, TicketRead]
    event: EventRead | None
    declines: list[DeclineRead]
    relistable_ids: set[UUID]
    sending: SendingFacts
    again: Offer | None = None
    used_ids: set[UUID] = field(default_factory=set[UUID])
    delivery: DeliveryRead | None = None
    given: Sequence[TicketGift] = ()


@dataclass(frozen=True)
class OrderListPage:
    """The buyer's newest orders, with their tickets and events."""

    orders: list[OrderRead]
    has_more: bool
    known: OrderedTickets


async def load_order_page(session: Session, *, buyer_id: UUID, order_id: UUID) -> OrderDetailPage:
    """Return the buyer's own order with its tickets and declined cards; raises OrderNotFoundError."""
    order = await orders.get_order(session, buyer_id=buyer_id, order_id=order_id)
    ids = [ticket.id for ticket in tickets_of(order)]
    found = await tickets.list_by_ids(session, ticket_ids=ids, viewer_id=buyer_id)
    event_id = found[0].event_id
    is_paid = order.status in PAID
    # Nobody has pressed Pay yet.
    is_new = order.status is OrderStatus.CREATED and len(order.timeline) == 1
    delivery = await _find_delivery(session, order) if is_paid else None
    return OrderDetailPage(
        order,
        {ticket.id: ticket for ticket in found},
        await events.get_event(session, event_id=event_id) if event_id else None,
        []
        if is_new
        else await payments.list_declines(session, buyer_id=buyer_id, order_id=order_id),
        await sell.list_relistable(session, owner_id=buyer_id, ticket_ids=ids)
        if is_paid
        else set(),
        await load_sending(session, order=order, ticket=found[0], delivery=delivery),
        await _find_again(session, order, found[0]) if order.status in ENDED_UNPAID else None,
        await wallet.list_used(session, ticket_ids=ids) if is_paid else set(),
        delivery,
        await gifts.list_of_tickets(session, viewer_id=buyer_id, ticket_ids=ids) if is_paid else (),
    )


async def _find_delivery(session: Session, order: OrderDetail) -> DeliveryRead | None:
    """Return the delivery of a paid order; None until the backfill has begun it."""
    try:
        return await deliveries.get_delivery(session, order_id=order.id, viewer_id=order.buyer_id)
    except DeliveryNotFoundError:
        return None


async def _find_again(session: Session, order: OrderRead, ticket: TicketRead) -> Offer | None:
    """Return the ticket, or as many of its listing as the order had, if they can be held now."""
    if why_off_sale(ticket):
        return None
    if order.quantity == 1:
        price_cents = ticket.price_cents
        is_free = ticket.status is Availability.AVAILABLE
        return Offer(ticket_id=ticket.id, price_cents=price_cents) if is_free else None
    if order.listing_id is None:
        return None
    try:
        listing = await listings.get_listing(session, listing_id=order.listing_id)
    except ListingNotFoundError:
        return None
    if order.quantity not in listing.quantities:
        return None
    price_cents = listing.price_cents
    return Offer(listing_id=listing.id, quantity=order.quantity, price_cents=price_cents)


async def load_order_list_page(session: Session, *, buyer_id: UUID, limit: int) -> OrderListPage:
    """Return up to `limit` orders of the buyer, newest first."""
    found: list[OrderRead] = []
    cursor: str | None = None
    is_first = True
    while is_first or (cursor and len(found) < limit):
        is_first = False
        wanted = min(limit - len(found), MAX_LIMIT)
        page = await orders.list_orders(session, buyer_id=buyer_id, limit=wanted, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
    known = await _load_tickets(session, buyer_id, found)
    return OrderListPage(found, cursor is not None, known)


async def _load_tickets(session: Session, buyer_id: UUID, found: list[OrderRead]) -> OrderedTickets:
    ids = [ticket.id for order in found for ticket in tickets_of(order)]
    paid = [ticket.id for order in found if order.status in PAID for ticket in tickets_of(order)]
    bought = await tickets.list_by_ids(session, ticket_ids=ids, viewer_id=buyer_id)
    given = await gifts.list_given(session, user_id=buyer_id)
    owned = [*paid, *(each.ticket.id for each in given)]
    event_ids = {ticket.event_id for ticket in bought if ticket.event_id}
    known = await events.list_by_ids(session, event_ids=list(event_ids))
    return OrderedTickets(
        {ticket.id: ticket for ticket in bought},
        {event.id: event for event in known},
        await sell.list_relistable(session, owner_id=buyer_id, ticket_ids=paid),
        await wallet.list_arrivals(
            session,
            buyer_id=buyer_id,
            ticket_ids={each.id: [ticket.id for ticket in tickets_of(each)] for each in found},
        ),
        await wallet.list_used(session, ticket_ids=owned),
        given,
    )
