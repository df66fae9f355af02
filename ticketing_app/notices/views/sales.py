"""Sentences for sellers about their tickets."""

from ticketing_app import routes
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    OrderFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.orders import EXAMPLE, EXAMPLE_ABOUT
from ticketing_app.notices.views.tickets import amount, called, order_stub, price_rows

# ---- Purchase was pressed -----------------------------------------------------------------------


def order_started(order: OrderFacts) -> Letter:
    is_one = order.quantity == 1
    it = "it" if is_one else "them"
    return Letter(
        subject=f"Someone is buying {called(order)}",
        preheader=f"They have until {format_instant(order.expires_at)} to pay.",
        heading="Someone is buying your ticket" if is_one else "Someone is buying your tickets",
        paragraphs=(
            f"A buyer has until {format_instant(order.expires_at)} to pay. Until then nobody else can buy {it}.",
            "There is nothing for you to do. If the time runs out, others can buy again.",
        ),
        stub=order_stub(order),
        action=_to_listings(),
        why=_sells(),
    )


def _order_started_line(about: About) -> BellLine:
    return BellLine(f"Someone is buying {called(about)}.", routes.TICKET_MINE)


ORDER_STARTED = Wording(
    order_started, _order_started_line, "Someone is buying your tickets", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Sold ------------------------------------------------------------------------------------------


def sold(order: OrderFacts) -> Letter:
    is_one = order.quantity == 1
    it = "it" if is_one else "them"
    total = amount(order.price_cents, order.currency)
    return Letter(
        subject=f"Sold: {called(order)}",
        preheader=f"The buyer paid {total}.",
        heading="Your ticket is sold" if is_one else "Your tickets are sold",
        paragraphs=(
            f"Good news: the buyer paid {total}, and we take no fee.",
            f"{'It belongs' if is_one else 'They belong'} to the buyer now, so please do not sell {it} elsewhere.",
            _to_do(order),
            "Payouts to sellers have not started yet. We keep a record of what you are owed.",
        ),
        stub=order_stub(order),
        facts=(
            *price_rows(order),
            ("Our fee", amount(0, order.currency)),
            ("Order", str(order.order_id)),
        ),
        action=_to_listings(),
        why=_sells(),
    )


def _to_do(order: OrderFacts) -> str:
    it = "it" if order.quantity == 1 else "them"
    if order.is_here:
        return f"There is nothing to do: the buyer has {it} already."
    if order.send_by:
        return f"Send {it} to the buyer by {format_instant(order.send_by)}: the page of the sale shows how."
    return f"You offered to send {it} yourself: please send {it} to the buyer soon."


def _sold_line(about: About) -> BellLine:
    total = amount(about.price_cents, about.currency)
    return BellLine(f"Sold for {total}: {called(about)}.", routes.TICKET_MINE)


SOLD = Wording(sold, _sold_line, "Your tickets are sold", EXAMPLE, EXAMPLE_ABOUT)


# ---- The sale was refunded -------------------------------------------------------------------------


def sale_refunded(order: OrderFacts) -> Letter:
    back = amount(order.refunded_cents, order.currency)
    is_part = order.refunded_cents < order.price_cents
    is_one = order.quantity == 1
    yours = "The ticket is yours again." if is_one else "The tickets are yours again."
    return Letter(
        subject=f"Sale refunded: {called(order)}",
        preheader=f"The buyer got {back} back.",
        heading="A sale of yours was refunded",
        paragraphs=(
            f"The buyer got {back} back, so we no longer owe you this money.",
            "The rest of the sale stays as it is." if is_part else yours,
        ),
        stub=order_stub(order),
        facts=(
            ("Refund", back),
            ("Price", amount(order.price_cents, order.currency)),
            ("Order", str(order.order_id)),
        ),
        action=_to_listings(),
        why=_sells(),
    )


def _sale_refunded_line(about: About) -> BellLine:
    back = amount(about.refunded_cents or about.price_cents, about.currency)
    return BellLine(f"The buyer got {back} back: {called(about)}.", routes.TICKET_MINE)


SALE_REFUNDED = Wording(
    sale_refunded,
    _sale_refunded_line,
    "A sale of yours was refunded",
    EXAMPLE.model_copy(update={"refunded_cents": 4000}),
    EXAMPLE_ABOUT.model_copy(update={"refunded_cents": 4000}),
)


def _to_listings() -> Action:
    return Action("See your listings", absolute(routes.TICKET_MINE))


def _sells() -> str:
    return f"You get this mail because you sell on {get_settings().brand_name}."
