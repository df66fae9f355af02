"""Parts of the event pages."""

from collections.abc import Sequence

import reflex as rx

from ticketing_app.ui.events.views import (
    MANY_LEFT,
    ONE_LEFT,
    SEAT_LABELS,
    SOLD_OUT,
    Choice,
    EventHead,
    OfferRow,
    SeatRow,
)
from ticketing_app.ui.live.components import LiveCount, LiveEvent, LiveText, LiveTicket, LiveUntil
from ticketing_app.ui.shell.clock import Countdown
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond, each

TEXT = {
    "from": "from ",
    "section": "Section",
    "sort": "Sort",
    "own": "Yours, for sale",
    "each": " each",
    "until": "for ",
}


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


def choices(
    name: str, links: Sequence[Choice] | rx.vars.ArrayVar[Sequence[Choice]]
) -> rx.Component:
    """Links in a row that scrolls sideways on phones."""
    return rx.el.nav(
        rx.el.span(name, class_name="text-sm text-muted self-center"),
        each(links, _choice),
        aria_label=name,
        class_name="choices",
    )


def _choice(choice: Choice) -> rx.Component:
    return link(
        choice.label,
        href=choice.href,
        class_name="choice",
        custom_attrs={"aria-current": cond(choice.is_current, "true", "false")},
        key=choice.href,
    )


def offer_row(offer: OfferRow) -> rx.Component:
    """An offer: the whole row leads to a single seat; several seats are links of their own."""
    return rx.el.li(
        cond(offer.is_single, _single(offer), _several(offer)),
        key=offer.id,
        class_name="offer",
    )


def _several(offer: OfferRow) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.span(offer.price, class_name="offer-price"),
            rx.el.span(TEXT["each"], class_name="text-sm text-muted"),
        ),
        _facts(offer, rx.el.h3(offer.place, class_name="font-semibold")),
        rx.el.ul(each(offer.seats, _seat), class_name="offer-seats"),
        class_name="offer-row",
    )


def _single(offer: OfferRow) -> rx.Component:
    seat = offer.seats[0]
    return LiveTicket.create(
        LiveText.create(
            field="cents",
            text=offer.price,
            amount_format=offer.price_format,
            class_name="offer-price",
        ),
        _facts(
            offer,
            rx.el.h3(
                link(
                    offer.place,
                    href=seat.href,
                    class_name="after:absolute after:inset-0 after:content-[''] hover:underline",
                ),
                class_name="font-semibold",
            ),
        ),
        _status(seat, "offer-status"),
        ticket_id=seat.ticket_id,
        version=seat.version,
        status=seat.status,
        until=seat.locked_until,
        now=seat.now,
        class_name="offer-row",
    )


def _facts(offer: OfferRow, heading: rx.Component) -> rx.Component:
    return rx.el.div(
        heading,
        cond(offer.notes != "", rx.el.p(offer.notes, class_name="text-sm text-muted")),
        cond(
            offer.doubt != "",
            rx.el.p(offer.doubt, class_name="badge", custom_attrs={"data-status": "locked"}),
        ),
        cond(
            offer.is_own,
            rx.el.p(TEXT["own"], class_name="badge", custom_attrs={"data-status": "yours"}),
        ),
        class_name="min-w-0 grid gap-0.5 content-center justify-items-start",
    )


def _seat(seat: SeatRow) -> rx.Component:
    return rx.el.li(
        LiveTicket.create(
            rx.el.h4(
                link(
                    seat.seat,
                    href=seat.href,
                    class_name="after:absolute after:inset-0 after:content-['']",
                ),
                class_name="font-medium",
            ),
            _status(seat, "offer-seat-status"),
            ticket_id=seat.ticket_id,
            version=seat.version,
            status=seat.status,
            until=seat.locked_until,
            now=seat.now,
            class_name="offer-seat",
        ),
        key=seat.ticket_id,
    )


def _status(seat: SeatRow, class_name: str) -> rx.Component:
    """The status of the seat in words; empty while it is for sale."""
    return rx.el.div(
        LiveText.create(
            field="status",
            text=seat.status_label,
            labels=SEAT_LABELS,
            class_name="badge empty:hidden",
        ),
        LiveUntil.create(
            Countdown.create(
                deadline=seat.locked_until,
                now=seat.now,
                class_name="inline-block min-w-[5ch] text-left tabular-nums",
            ),
            label=TEXT["until"],
            until=seat.locked_until,
            class_name="text-sm empty:hidden",
        ),
        class_name=class_name,
    )
