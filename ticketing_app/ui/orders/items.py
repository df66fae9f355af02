"""The tickets of an order: one stub each once they are paid, until then one for all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.formatting import format_amount, format_day
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderItemRead, OrderRead
from ticketing_app.tickets.rules import seats_line
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.orders.views import GIVEN_BACK, is_over, sum_line, tickets_of
from ticketing_app.ui.tickets.views import TicketStub

RESELL = "Sell this ticket"
RESELL_ALL = "Sell these tickets"
RESELL_ONE = "Sell {seat}"
YOURS = "Yours"
PAID = "Paid"
REFUNDED = "Refunded"
REFUNDED_ON = "refunded on {day}"


@dataclass(frozen=True)
class OrderItemView:
    """A ticket of an order; `line` is its row in a receipt of several tickets."""

    id: str = ""
    stub: TicketStub = field(default_factory=TicketStub)
    stub_class: str = ""
    is_yours: bool = False
    stamp: str = ""
    refunded: str = ""
    line: str = ""
    resale_href: str = ""
    resale_label: str = ""


def item_views(
    order: OrderRead,
    tickets: Mapping[UUID, TicketRead],
    relistable_ids: Collection[UUID],
    now: datetime,
    used_ids: Collection[UUID] = (),
    *,
    is_here: bool = False,
) -> list[OrderItemView]:
    """Return the tickets with the titles and prices of the order; `used_ids` are torn.

    Those of a paid order have a stamp: until the buyer has them, it says only that they are paid.
    """
    views = [
        _view(order, item, tickets[item.ticket.id], relistable_ids, now) for item in order.items
    ]
    views = [
        replace(view, stub_class="torn") if view.is_yours and item.ticket.id in used_ids else view
        for view, item in zip(views, order.items, strict=True)
    ]
    stamp = YOURS if is_here else PAID
    views = [replace(view, stamp=stamp if view.is_yours else "") for view in views]
    if order.status not in rules.PAID:
        return [_together(order, views)]
    sellable = [view for view in views if view.resale_href]
    if len(sellable) < 2:  # noqa: PLR2004  # several
        return views
    # One link for all, in place of a link per ticket.
    together = {"resale_href": routes.order_resale(order.id), "resale_label": RESELL_ALL}
    alone = {"resale_href": "", "resale_label": ""}
    return [replace(view, **(together if view is sellable[0] else alone)) for view in views]


def _together(order: OrderRead, views: list[OrderItemView]) -> OrderItemView:
    first = views[0]
    if len(views) == 1:
        return first
    stub = replace(first.stub, seat=seats_line(tickets_of(order)), price=sum_line(order))
    return replace(first, stub=stub)


def _view(
    order: OrderRead,
    item: OrderItemRead,
    ticket: TicketRead,
    relistable_ids: Collection[UUID],
    now: datetime,
) -> OrderItemView:
    bought = item.ticket
    frozen = {"title": bought.title, "price_cents": bought.price_cents}
    stub = TicketStub.from_ticket(ticket.model_copy(update=frozen))
    is_yours = order.status is OrderStatus.COMPLETED and item.refunded_at is None
    is_refunded = order.status is OrderStatus.COMPLETED and item.refunded_at is not None
    is_alone = len(order.items) == 1
    seat = seats_line([bought])
    price = format_amount(bought.price_cents, order.currency, to_the_cent=True)
    can_resell = order.status in rules.PAID and bought.id in relistable_ids
    return OrderItemView(
        id=str(bought.id),
        stub=stub,
        stub_class=_stub_class(order, item, ticket, is_yours=is_yours),
        is_yours=is_yours,
        refunded=REFUNDED if is_refunded else "",
        line=" · ".join([seat or bought.title, price, *_refunded_on(item, now)]),
        resale_href=routes.ticket_resale(bought.id) if can_resell else "",
        resale_label=RESELL if is_alone or not seat else RESELL_ONE.format(seat=seat),
    )


def _stub_class(
    order: OrderRead, item: OrderItemRead, ticket: TicketRead, *, is_yours: bool
) -> str:
    """Return "torn" if the ticket is used, and "spent" if it did not become or stay the buyer's."""
    if item.refunded_at or order.status in rules.ENDED_UNPAID | GIVEN_BACK:
        return "spent"
    return "torn" if is_yours and is_over(ticket) else ""


def _refunded_on(item: OrderItemRead, now: datetime) -> list[str]:
    if item.refunded_at is None:
        return []
    return [REFUNDED_ON.format(day=format_day(item.refunded_at, now))]
