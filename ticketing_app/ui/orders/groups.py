"""The buyer's orders, grouped by event: one stub each."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.formatting import format_amount, format_day
from ticketing_app.deliveries.schemas import Arrival
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import GivenTicket, OrderRead
from ticketing_app.tickets.rules import seats_line
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.deliveries.lines import arrival_line, is_shown
from ticketing_app.ui.deliveries.show_ticket import SHOW_ONE, SHOW_SEVERAL
from ticketing_app.ui.orders.items import RESELL, RESELL_ALL
from ticketing_app.ui.orders.views import (
    STATUS_LABELS,
    VARIANTS,
    event_notice,
    is_over,
    kept_count,
    money_note,
    running_deadline,
    stub_class,
    tickets_of,
)
from ticketing_app.ui.tickets.views import TicketStub

TO_PAY = "to_pay"
UPCOMING = "upcoming"
PAST = "past"
GIVEN = "Given to you"
# The first one with orders is shown until the visitor chooses.
SECTIONS = (TO_PAY, UPCOMING, PAST)
# Phones delete what a site kept after a week without a visit.
KEPT_BEFORE = timedelta(hours=48)
_RUNNING = rules.PAYABLE | {OrderStatus.CAPTURING}


@dataclass(frozen=True)
class OrderLine:
    """An order in its group. Instants as in `OrderView`."""

    id: str = ""
    href: str = ""
    label: str = ""
    price: str = ""
    status_label: str = ""
    variant: str = ""
    ordered: str = ""
    note: str = ""
    arrival: str = ""
    show_label: str = ""
    deadline: str = ""
    now: str = ""
    resale_href: str = ""
    resale_label: str = ""


@dataclass(frozen=True)
class OrderGroup:
    """The orders of one event, or the order of one ticket without event."""

    key: str = ""
    title: str = ""
    href: str = ""
    count: str = ""
    notice: str = ""
    stub: TicketStub = field(default_factory=TicketStub)
    stub_class: str = ""
    has_one: bool = True
    lines: list[OrderLine] = field(default_factory=list)


@dataclass(frozen=True)
class OrderedTickets:
    """Tickets and events by id, deliveries by order, and tickets that may be sold again or were used."""

    tickets: dict[UUID, TicketRead]
    events: dict[UUID, EventRead]
    relistable_ids: set[UUID]
    arrivals: dict[UUID, Arrival] = field(default_factory=dict[UUID, Arrival])
    used_ids: set[UUID] = field(default_factory=set[UUID])
    given: list[GivenTicket] = field(default_factory=list[GivenTicket])


def group(
    orders: Iterable[OrderRead], known: OrderedTickets, now: datetime
) -> dict[str, list[OrderGroup]]:
    """Return the groups by section, in order of deadline, start and newest order."""
    members: dict[tuple[str, str], list[OrderRead]] = {}
    for order in orders:
        ticket = _ticket(order, known)
        section = _section(order, ticket, known)
        members.setdefault((section, str(ticket.event_id or order.id)), []).append(order)
    sections: dict[str, list[OrderGroup]] = {name: [] for name in SECTIONS}
    for (section, key), found in sorted(members.items(), key=lambda each: _rank(each, known)):
        sections[section].append(_group(key, found, known, now))
    for given in reversed(known.given):
        section = PAST if is_over(given.ticket) else UPCOMING
        sections[section].insert(0, _given_group(given, known.used_ids))
    return sections


def shown_section(sections: dict[str, list[OrderGroup]], chosen: str) -> str:
    """Return the chosen section, or the first one with orders if it has none; empty without orders."""
    found = (name for name in (chosen, *SECTIONS) if sections.get(name))
    return next(found, "")


def first_deadline(to_pay: list[OrderGroup]) -> str:
    """Return the earliest payment deadline, empty while all payments are being confirmed."""
    deadlines = [line.deadline for group in to_pay for line in group.lines if line.deadline]
    return min(deadlines, default="")


def kept_orders(upcoming: list[OrderGroup], known: OrderedTickets, now: datetime) -> list[str]:
    """Return the orders whose opened tickets are kept on the device: their events begin soon."""
    near_ids = {
        str(ticket.id)
        for ticket in (*known.tickets.values(), *(given.ticket for given in known.given))
        if ticket.starts_at and ticket.starts_at - now < KEPT_BEFORE
    }
    near = [group for group in upcoming if group.stub.id in near_ids]
    return [line.id for group in near for line in group.lines if line.show_label]


def _rank(
    members: tuple[tuple[str, str], list[OrderRead]], known: OrderedTickets
) -> tuple[float, ...]:
    (section, _), orders = members
    newest = -max(order.created_at.timestamp() for order in orders)
    if section == TO_PAY:
        return (min(order.expires_at.timestamp() for order in orders),)
    ticket = _ticket(orders[0], known)
    if section == UPCOMING and ticket.starts_at:
        return (ticket.starts_at.timestamp(), newest)
    return (float("inf") if section == UPCOMING else 0.0, newest)


def _ticket(order: OrderRead, known: OrderedTickets) -> TicketRead:
    return known.tickets[order.ticket.id]


def _event(ticket: TicketRead, known: OrderedTickets) -> EventRead | None:
    return known.events[ticket.event_id] if ticket.event_id else None


def _section(order: OrderRead, ticket: TicketRead, known: OrderedTickets) -> str:
    if order.status in _RUNNING:
        return TO_PAY
    event = _event(ticket, known)
    is_cancelled = event is not None and event.status is EventStatus.CANCELLED
    is_live = order.status is OrderStatus.COMPLETED and not is_cancelled and not is_over(ticket)
    return UPCOMING if is_live else PAST


def _group(key: str, orders: list[OrderRead], known: OrderedTickets, now: datetime) -> OrderGroup:
    ticket = _ticket(orders[0], known)
    event = _event(ticket, known)
    lines = [_line(order, known, now) for order in orders]
    count = sum(
        item.refunded_at is None
        for order in orders
        if order.status not in rules.ENDED_UNPAID
        for item in order.items
    )
    is_bound = any(order.status not in rules.ENDED_UNPAID for order in orders)
    has_one = len(orders) == 1
    return OrderGroup(
        key=key,
        title=orders[0].ticket.title,
        href=lines[0].href if has_one or event is None else routes.event_detail(event.slug),
        count=f"{count} tickets" if count > 1 else "",
        notice=event_notice(event) if is_bound else "",
        # The lines name the seats.
        stub=replace(TicketStub.from_ticket(ticket), seat=""),
        stub_class=stub_class(orders, ticket, known.used_ids),
        has_one=has_one,
        lines=lines,
    )


def _line(order: OrderRead, known: OrderedTickets, now: datetime) -> OrderLine:
    status = order.status
    amount = format_amount(order.price_cents, order.currency, to_the_cent=True)
    sellable = [each.id for each in tickets_of(order) if each.id in known.relistable_ids]
    resale_href = ""
    if status in rules.PAID and sellable:
        is_one = len(sellable) == 1
        resale_href = routes.ticket_resale(sellable[0]) if is_one else routes.order_resale(order.id)
    return OrderLine(
        id=str(order.id),
        href=routes.order_detail(order.id),
        label=seats_line(tickets_of(order)),
        price=format_amount(order.price_cents, order.currency),
        status_label=STATUS_LABELS[status],
        variant=VARIANTS.get(status, "done"),
        ordered=f"Ordered {format_day(order.created_at, now)}",
        note=money_note(order, amount),
        **_arrival_values(order, known.arrivals.get(order.id), now),
        deadline=running_deadline(order),
        now=now.isoformat(),
        resale_href=resale_href,
        resale_label=RESELL if len(sellable) == 1 else RESELL_ALL,
    )


def _given_group(given: GivenTicket, used_ids: set[UUID]) -> OrderGroup:
    ticket = given.ticket
    line = OrderLine(
        id=str(given.order_id),
        href=routes.gift(given.gift_id),
        label=seats_line([ticket]),
        status_label=GIVEN,
        variant=VARIANTS[OrderStatus.COMPLETED],
        show_label=SHOW_ONE if given.opened_at else "",
    )
    is_torn = is_over(ticket) or ticket.id in used_ids
    return OrderGroup(
        key=str(given.gift_id),
        title=ticket.title,
        href=line.href,
        stub=replace(TicketStub.from_ticket(ticket), seat=""),
        stub_class="torn" if is_torn else "",
        lines=[line],
    )


def _arrival_values(order: OrderRead, arrival: Arrival | None, now: datetime) -> dict[str, Any]:
    if order.status is not OrderStatus.COMPLETED:
        return {}
    count = kept_count(order)
    return {
        "arrival": arrival_line(arrival, count, now),
        "show_label": (SHOW_ONE if count == 1 else SHOW_SEVERAL) if is_shown(arrival) else "",
    }
