"""Sentences for buyers about tickets that a seller sends."""

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import (
    About,
    BellLine,
    DeliveryFacts,
    Wording,
    absolute,
)
from ticketing_app.notices.views.sending import EXAMPLE, EXAMPLE_ABOUT, deadline, in_app, them
from ticketing_app.notices.views.tickets import amount, called, order_path, order_stub

_NOTHING_TO_DO = "If you do nothing, your money goes back to your card by itself."


# ---- Sent ------------------------------------------------------------------------------------------


def tickets_sent(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"Sent: {called(facts)}",
        preheader=f"Accept {them(facts)} soon.",
        heading="The seller sent your ticket" if facts.quantity == 1 else "Your tickets are sent",
        paragraphs=(
            f"Accept {them(facts)} {in_app(facts)} soon: an offer there can lapse.",
            f"When you have {them(facts)}, press “I have {them(facts)}” on the page of your order.",
        ),
        stub=order_stub(facts),
        action=_to_order(facts, "See your order"),
        why=_bought(),
    )


def _tickets_sent_line(about: About) -> BellLine:
    return BellLine(f"Sent, accept {them(about)} soon: {called(about)}.", order_path(about))


TICKETS_SENT = Wording(
    tickets_sent, _tickets_sent_line, "A seller sent your tickets", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Did they arrive? ------------------------------------------------------------------------------


def tickets_there(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"Have you got {them(facts)}? {called(facts)}",
        preheader="The seller sent them a day ago." if facts.quantity > 1 else "It was sent.",
        heading="Have you got your ticket?"
        if facts.quantity == 1
        else "Have you got your tickets?",
        paragraphs=(
            (
                f"The seller sent {them(facts)} a day ago. Look {in_app(facts)} and in your mail, also "
                "among the unwanted ones."
            ),
            f"If you have {them(facts)}, say so on the page of your order. If not, write to us.",
        ),
        stub=order_stub(facts),
        action=_to_order(facts, f"I have {them(facts)}"),
        why=_bought(),
    )


def _tickets_there_line(about: About) -> BellLine:
    return BellLine(f"Have you got {them(about)}? Look for {called(about)}.", order_path(about))


TICKETS_THERE = Wording(
    tickets_there, _tickets_there_line, "Have you got your tickets?", EXAMPLE, EXAMPLE_ABOUT
)


# ---- Late ------------------------------------------------------------------------------------------


def tickets_late(facts: DeliveryFacts) -> Letter:
    back = amount(facts.price_cents, facts.currency)
    return Letter(
        subject=f"Late: {called(facts)}",
        preheader="Wait once more, or take your money back.",
        heading="Your order is late",
        paragraphs=(
            f"We are sorry: {called(facts)} did not come in time.",
            (
                f"Until {deadline(facts)} you choose: wait once more, or take your {back} back. "
                f"{_NOTHING_TO_DO}"
            ),
        ),
        stub=order_stub(facts),
        action=_to_order(facts, "Choose"),
        why=_bought(),
    )


def _tickets_late_line(about: About) -> BellLine:
    return BellLine(f"Late: {called(about)}. Wait, or take your money back.", order_path(about))


TICKETS_LATE = Wording(
    tickets_late, _tickets_late_line, "Your tickets are late", EXAMPLE, EXAMPLE_ABOUT
)


# ---- The money goes back ---------------------------------------------------------------------------


def tickets_failed(facts: DeliveryFacts) -> Letter:
    back = amount(facts.price_cents, facts.currency)
    return Letter(
        subject=f"Your money comes back: {called(facts)}",
        preheader="There is nothing for you to do.",
        heading="Your money comes back",
        paragraphs=(
            f"{called(facts)} did not come. We are sorry for the lost time.",
            f"We send your {back} back to your card. There is nothing for you to do.",
        ),
        stub=order_stub(facts),
        action=_to_order(facts, "See your order"),
        why=_bought(),
    )


def _tickets_failed_line(about: About) -> BellLine:
    return BellLine(f"Not sent, your money comes back: {called(about)}.", order_path(about))


TICKETS_FAILED = Wording(
    tickets_failed,
    _tickets_failed_line,
    "Tickets did not come, and your money goes back",
    EXAMPLE,
    EXAMPLE_ABOUT,
)


# ---- Another address -------------------------------------------------------------------------------


def sent_elsewhere(facts: DeliveryFacts) -> Letter:
    return Letter(
        subject=f"New address for {called(facts)}",
        preheader="You changed where the seller sends them.",
        heading="You changed the address",
        paragraphs=(
            f"The seller of {called(facts)} now sees the address that you gave a moment ago.",
            "If it was not you, choose a new password at once, and write to us.",
        ),
        stub=order_stub(facts),
        action=_to_order(facts, "See your order"),
        why=_bought(),
    )


def _sent_elsewhere_line(about: About) -> BellLine:
    return BellLine(f"You changed the address for {called(about)}.", order_path(about))


SENT_ELSEWHERE = Wording(
    sent_elsewhere,
    _sent_elsewhere_line,
    "You changed where tickets are sent",
    EXAMPLE,
    EXAMPLE_ABOUT,
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _to_order(facts: DeliveryFacts, label: str) -> Action:
    return Action(label, absolute(routes.order_detail(facts.order_id)))


def _bought() -> str:
    return f"You get this mail because you bought on {get_settings().brand_name}."
