"""Parts of the event pages."""

import reflex as rx

from ticketing_app.ui.events.views import MANY_LEFT, ONE_LEFT, SOLD_OUT, EventHead
from ticketing_app.ui.live.components import LiveCount, LiveEvent, LiveText
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond

TEXT = {"from": "from "}


def event_head(event: EventHead) -> rx.Component:
    """Date, title, time and place on the pattern of the category."""
    return rx.el.header(
        _date(event),
        rx.el.div(
            rx.el.h1(
                event.title, class_name="text-xl sm:text-3xl font-bold tracking-tight text-balance"
            ),
            rx.el.p(
                rx.el.time(event.time_line, date_time=event.starts),
                " · ",
                place_link(event.venue, event.venue_href),
                ", ",
                place_link(event.city, event.city_href),
                class_name="text-base sm:text-lg",
            ),
            class_name="grid gap-1 content-center min-w-0 p-4 sm:p-6",
        ),
        class_name="event-head",
        custom_attrs={"data-category": event.category},
    )


def place_link(name: rx.Var[str] | str, href: rx.Var[str] | str) -> rx.Component:
    return cond(
        href != "",
        link(name, href=href, class_name="underline underline-offset-4 decoration-1"),
        rx.el.span(name),
    )


def _date(event: EventHead) -> rx.Component:
    return rx.el.div(
        rx.el.span(event.month, class_name="text-sm uppercase tracking-wide"),
        rx.el.span(event.day, class_name="text-2xl sm:text-3xl font-bold"),
        class_name="event-date",
    )


def event_summary(event: EventHead, class_name: str) -> rx.Component:
    """The live number of tickets for sale and their lowest price."""
    return LiveEvent.create(
        LiveCount.create(
            field="left",
            text=event.left_line,
            none=SOLD_OUT,
            one=ONE_LEFT,
            many=MANY_LEFT,
        ),
        rx.el.span(
            " · ",
            TEXT["from"],
            LiveText.create(field="cents", text=event.price, amount_format=event.price_format),
            class_name=cond(event.price != "", "event-from", "event-from hidden"),
        ),
        event_id=event.id,
        seen_at=event.seen_at,
        class_name=class_name,
    )
