"""The offers of an event: choices above them, and a row for each."""

from typing import Any

import reflex as rx

from ticketing_app.ui.deliveries.badge_part import delivery_badge
from ticketing_app.ui.events.choices import Choice, Choices
from ticketing_app.ui.events.offers import ROW_LABELS, NumberChoice, OfferRow
from ticketing_app.ui.live.components import LiveText, LiveTicket, LiveUntil
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond, each

TEXT = {
    "numbers": "How many?",
    "number": "How many tickets",
    "section": "Section",
    "sort": "Sort",
    "none": "(none right now)",
    "until": "for ",
    "order": "Some are yours: see your order",
}

CHOICE = (
    "min-h-touch min-w-0 px-3 rounded-control bg-surface text-ink border border-muted tabular-nums"
)


def choice_bar(chosen: Choices) -> rx.Component:
    return rx.el.div(
        rx.el.div(_choices(TEXT["numbers"], chosen.numbers), class_name="choice-line"),
        cond(
            chosen.has_sorts,
            rx.el.div(
                cond(chosen.has_sections, _choices(TEXT["section"], chosen.sections)),
                _choices(TEXT["sort"], chosen.sorts),
                class_name="choice-line",
            ),
        ),
        class_name="choice-bar print:hidden",
    )


def nothing_fits(chosen: Choices) -> rx.Component:
    """A sentence that no offer fits, with links to other offers."""
    return rx.el.div(
        rx.el.p(chosen.nothing, role="status", class_name="font-semibold"),
        each(chosen.instead, _instead),
        class_name="offer-none",
    )


def _instead(choice: Choice) -> rx.Component:
    return link(choice.label, href=choice.href, class_name="choice", key=choice.href)


def _choices(name: str, links: Any) -> rx.Component:  # noqa: ANN401  # values or a variable.
    return rx.el.nav(
        rx.el.span(name, class_name="text-sm text-muted self-center"),
        each(links, _choice),
        aria_label=name,
        class_name="choices",
    )


def _choice(choice: Choice) -> rx.Component:
    return link(
        choice.label,
        cond(choice.is_possible, rx.fragment(), rx.el.span(TEXT["none"], class_name="sr-only")),
        href=choice.href,
        class_name="choice",
        custom_attrs={
            "aria-current": cond(choice.is_current, "true", "false"),
            "data-none": cond(choice.is_possible, "false", "true"),
        },
        key=choice.href,
    )


def offer_row(offer: OfferRow) -> rx.Component:
    """An offer; it leads to the page of its first ticket."""
    return _row(offer, rx.fragment())


def offer_row_with(offer: OfferRow, purchase: rx.Component) -> rx.Component:
    """An offer that may be bought here; `purchase` is the form for that."""
    buy = rx.el.div(purchase, class_name="offer-buy print:hidden")
    return _row(offer, cond(offer.can_buy, buy, rx.fragment()))


def number_choice(offer: OfferRow) -> rx.Component:
    """The number of tickets and their total, where the buyer chooses it in the row."""
    return cond(
        offer.has_numbers,
        rx.el.select(
            each(offer.numbers, _number),
            name="quantity",
            aria_label=TEXT["number"],
            class_name=CHOICE,
        ),
        rx.fragment(),
    )


def _number(number: NumberChoice) -> rx.Component:
    return rx.el.option(number.label, custom_attrs={"value": number.value}, key=number.label)


def _row(offer: OfferRow, buy: rx.Component) -> rx.Component:
    return rx.el.li(
        LiveTicket.create(
            _price(offer),
            _facts(offer),
            rx.el.div(_status(offer), buy, class_name="offer-end"),
            tickets=offer.tickets,
            needed=offer.needed,
            status=offer.status,
            until=offer.locked_until,
            now=offer.now,
            class_name="offer-row",
        ),
        key=offer.id,
        class_name="offer",
        custom_attrs={"data-alone": cond(offer.is_alone, "true", "false")},
    )


def _price(offer: OfferRow) -> rx.Component:
    return rx.el.p(
        cond(
            offer.is_alone,
            LiveText.create(
                field="cents",
                text=offer.price,
                amount_format=offer.price_format,
                class_name="offer-amount",
            ),
            rx.el.span(offer.price, class_name="offer-amount"),
        ),
        cond(
            offer.price_note != "",
            rx.el.span(offer.price_note, class_name="text-sm text-muted whitespace-nowrap"),
        ),
        class_name="offer-price",
    )


def _facts(offer: OfferRow) -> rx.Component:
    return rx.el.div(
        rx.el.h3(
            link(
                offer.place,
                href=offer.href,
                class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
            ),
            class_name="font-semibold",
        ),
        cond(offer.notes != "", rx.el.p(offer.notes, class_name="text-sm text-muted")),
        delivery_badge(offer.delivery, is_checked=offer.is_checked),
        cond(offer.doubt != "", _badge(offer.doubt, "locked")),
        cond(offer.own != "", _badge(offer.own, "yours")),
        cond(
            offer.order_href != "",
            link(TEXT["order"], href=offer.order_href, class_name="offer-order"),
        ),
        class_name="offer-facts",
    )


def _badge(text: rx.Var[str] | str, status: str) -> rx.Component:
    return rx.el.p(text, class_name="badge", custom_attrs={"data-status": status})


def _status(offer: OfferRow) -> rx.Component:
    """The status in words; empty while the row is for sale."""
    return rx.el.div(
        LiveText.create(
            field="status",
            text=offer.status_label,
            labels=ROW_LABELS,
            class_name="badge empty:hidden",
        ),
        LiveUntil.create(
            Countdown.create(
                deadline=offer.locked_until,
                now=offer.now,
                class_name="inline-block min-w-[5ch] text-left tabular-nums",
            ),
            label=TEXT["until"],
            until=offer.locked_until,
            class_name="text-sm empty:hidden",
        ),
        class_name="offer-status",
    )
