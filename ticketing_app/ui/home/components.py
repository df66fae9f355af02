"""Parts of the home page."""

import reflex as rx

from ticketing_app.ui.home.views import MANY_LEFT, NONE_LEFT, ONE_LEFT, EventCard
from ticketing_app.ui.live.components import LiveCount, LiveEvent, LiveText
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond

TEXT = {"from": "from "}


def event_card(card: EventCard) -> rx.Component:
    """An event in a list, with its lowest price and the number of tickets left, both live."""
    return rx.el.li(
        LiveEvent.create(
            _date_block(card),
            rx.el.div(
                rx.el.h3(
                    link(
                        card.title,
                        href=card.href,
                        # Stretched over the whole card.
                        class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                    ),
                    class_name="font-semibold leading-snug",
                ),
                rx.el.p(card.place, class_name="text-sm text-muted truncate"),
                _offers(card),
                class_name="event-facts",
            ),
            event_id=card.id,
            seen_at=card.seen_at,
            class_name="event-row",
        ),
        class_name="event-shadow relative",
        custom_attrs={"data-category": card.category},
        key=card.id,
    )


def _date_block(card: EventCard) -> rx.Component:
    return rx.el.div(
        rx.el.span(card.month, class_name="text-sm uppercase tracking-wide"),
        rx.el.span(card.day, class_name="text-xl font-bold"),
        rx.el.span(card.weekday, class_name="text-sm"),
        class_name="stub-date",
        # The heading of the day contains the same as text.
        aria_hidden="true",
    )


def _offers(card: EventCard) -> rx.Component:
    return rx.el.p(
        rx.el.span(
            TEXT["from"],
            LiveText.create(
                field="cents",
                text=card.price,
                amount_format=card.price_format,
                class_name="font-bold",
            ),
            " \u00b7 ",
            class_name="event-price",
            custom_attrs={"data-none": cond(card.price == "", "true", "false")},
        ),
        LiveCount.create(
            field="left", text=card.left_line, none=NONE_LEFT, one=ONE_LEFT, many=MANY_LEFT
        ),
        class_name="tabular-nums",
    )


def event_shape() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="skeleton"),
        rx.el.div(
            rx.el.div(class_name="skeleton h-5 w-3/4"),
            rx.el.div(class_name="skeleton h-4 w-full"),
            rx.el.div(class_name="skeleton h-4 w-1/2"),
            class_name="event-facts",
        ),
        class_name="event-row event-shadow",
    )
