"""Sentences for buyers about their orders."""

from datetime import UTC, datetime
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.formatting import format_instant
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    OrderFacts,
    TicketFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.tickets import amount, called, order_path, order_stub, price_rows

_BANKS = "Banks take 5 to 10 days to show it."

EXAMPLE_ID = UUID("0193f7a2-4c1d-7e21-9b0a-7f214c0a8d55")
EXAMPLE_TICKETS = tuple(
    TicketFacts(
        title="The Paper Lanterns",
        price_cents=4000,
        category="concert",
        venue="Kulturhalle",
        city="Lisbon",
        starts_at=datetime(2026, 12, 12, 20, tzinfo=UTC),
        timezone="Europe/Lisbon",
        section="Stalls",
        row="4",
        seat=seat,
    )
    for seat in ("11", "12")
)
EXAMPLE = OrderFacts(
    order_id=EXAMPLE_ID,
    quantity=2,
    price_cents=8000,
    currency="usd",
    expires_at=datetime(2026, 12, 4, 18, 42, tzinfo=UTC),
    title="The Paper Lanterns",
    tickets=EXAMPLE_TICKETS,
)
EXAMPLE_ABOUT = About(
    title="The Paper Lanterns", quantity=2, price_cents=8000, currency="usd", order_id=EXAMPLE_ID
)


# ---- Paid ------------------------------------------------------------------------------------------


def paid(order: OrderFacts) -> Letter:
    is_one = order.quantity == 1
    tickets = "ticket" if is_one else "tickets"
    is_here = f"Your {tickets} {'is' if is_one else 'are'} here"
    return Letter(
        subject=f"Your receipt: {called(order)}",
        preheader=f"{amount(order.price_cents, order.currency)} paid. See you there.",
        heading=is_here if order.is_here else f"You paid for your {tickets}",
        paragraphs=(
            f"You paid {amount(order.price_cents, order.currency)}. This mail is your receipt.",
            _way(order),
        ),
        stub=order_stub(order),
        facts=(*price_rows(order), ("Order", str(order.order_id))),
        action=_to_order(order, "See your order"),
        why=_bought(),
    )


def _way(order: OrderFacts) -> str:
    """Return how the tickets reach the buyer."""
    is_one = order.quantity == 1
    it = "it" if is_one else "them"
    if order.is_here:
        return (
            f"You find {it} under My Orders, sealed until you open {it}."
            f" Sealed, you can sell {it} on as never opened."
        )
    if order.send_by:
        comes = "it does not come" if is_one else "they do not come"
        return (
            f"The seller sends {it} by {format_instant(order.send_by)}. If {comes} in time, you choose: wait, or your "
            "money back."
        )
    was = "It was" if is_one else "They were"
    return f"The seller sends {it} to you. {was} not checked by us. You find your order under My Orders."


def _paid_line(about: About) -> BellLine:
    return BellLine(f"You paid for {called(about)}.", order_path(about))


def tickets_here(order: OrderFacts) -> Letter:
    is_one = order.quantity == 1
    heading = "Your ticket is here" if is_one else "Your tickets are here"
    return Letter(
        subject=f"{heading}: {called(order)}",
        preheader="Under My Orders, sealed until you open it.",
        heading=heading,
        paragraphs=(_way(order),),
        stub=order_stub(order),
        action=_to_order(order, "See your order"),
        why=_bought(),
    )


def _tickets_here_line(about: About) -> BellLine:
    here = "Your ticket is here" if about.quantity == 1 else "Your tickets are here"
    return BellLine(f"{here}: {called(about)}.", order_path(about))


TICKETS_HERE = Wording(
    tickets_here,
    _tickets_here_line,
    "Your tickets are here",
    EXAMPLE.model_copy(update={"is_here": True}),
    EXAMPLE_ABOUT,
)
PAID = Wording(
    paid,
    _paid_line,
    "You paid for tickets",
    EXAMPLE.model_copy(update={"is_here": True}),
    EXAMPLE_ABOUT,
)


# ---- The hold ends soon ----------------------------------------------------------------------------


def hold_ending(order: OrderFacts) -> Letter:
    until = format_instant(order.expires_at)
    return Letter(
        subject=f"Still yours for a few minutes: {called(order)}",
        preheader=f"Pay by {until}, or others can buy.",
        heading="Your time is nearly over",
        paragraphs=(
            f"We keep {called(order)} for you until {until}. After it, others can buy.",
            "You are charged only if you pay.",
        ),
        stub=order_stub(order),
        action=_to_order(order, f"Pay {amount(order.price_cents, order.currency)}"),
        why=_held(),
    )


def _hold_ending_line(about: About) -> BellLine:
    return BellLine(f"Your time to pay for {called(about)} is nearly over.", order_path(about))


HOLD_ENDING = Wording(
    hold_ending, _hold_ending_line, "Your time to pay is nearly over", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Expired ---------------------------------------------------------------------------------------


def order_expired(order: OrderFacts) -> Letter:
    return Letter(
        subject=f"Time over: {called(order)}",
        preheader="You were not charged.",
        heading="Your time to pay is over",
        paragraphs=(
            f"We kept {called(order)} for you, and no payment came. Others can buy again.",
            "You were not charged. If nobody was quicker, you can still buy.",
        ),
        stub=order_stub(order),
        action=_to_order(order, "Try again"),
        why=_held(),
    )


def _order_expired_line(about: About) -> BellLine:
    return BellLine(f"Time over: {called(about)}. You were not charged.", order_path(about))


ORDER_EXPIRED = Wording(
    order_expired, _order_expired_line, "Your time to pay is over", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Cancelled -------------------------------------------------------------------------------------


def order_cancelled(order: OrderFacts) -> Letter:
    return Letter(
        subject=f"Order cancelled: {called(order)}",
        preheader="You were not charged.",
        heading="Your order was cancelled",
        paragraphs=(
            f"We are sorry: your order of {called(order)} could not be completed. It was not your doing.",
            "You were not charged. If your bank shows the amount as reserved, it goes away by itself.",
        ),
        stub=order_stub(order),
        action=_to_order(order, "See what happened"),
        why=_held(),
    )


def _order_cancelled_line(about: About) -> BellLine:
    return BellLine(f"Order cancelled: {called(about)}. You were not charged.", order_path(about))


ORDER_CANCELLED = Wording(
    order_cancelled, _order_cancelled_line, "An order was cancelled", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Refunded --------------------------------------------------------------------------------------


def refunded(order: OrderFacts) -> Letter:
    back = amount(order.refunded_cents, order.currency)
    is_part = order.refunded_cents < order.price_cents
    lost = "The ticket is" if order.quantity == 1 else "The tickets are"
    rest = "The rest of your order stays as it is." if is_part else f"{lost} no longer yours."
    return Letter(
        subject=f"Refund of {back}: {called(order)}",
        preheader=f"{back} goes back to your card.",
        heading="Your money is on its way back",
        paragraphs=(f"We sent {back} back to your card. {_BANKS}", rest),
        stub=order_stub(order),
        facts=(
            ("Refund", back),
            ("Paid", amount(order.price_cents, order.currency)),
            ("Order", str(order.order_id)),
        ),
        action=_to_order(order, "See your order"),
        why=_bought(),
    )


def _refunded_line(about: About) -> BellLine:
    back = amount(about.refunded_cents or about.price_cents, about.currency)
    return BellLine(f"{back} goes back to your card: {called(about)}.", order_path(about))


REFUNDED = Wording(
    refunded,
    _refunded_line,
    "Your money goes back to your card",
    EXAMPLE.model_copy(update={"refunded_cents": 4000}),
    EXAMPLE_ABOUT.model_copy(update={"refunded_cents": 4000}),
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _to_order(order: OrderFacts, label: str) -> Action:
    return Action(label, absolute(routes.order_detail(order.order_id)))


def _bought() -> str:
    return f"You get this mail because you bought on {get_settings().brand_name}."


def _held() -> str:
    return f"You get this mail because you pressed Purchase on {get_settings().brand_name}."
