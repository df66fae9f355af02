"""Events in lists: on the home page, on the pages of places, and as other dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import reflex as rx

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.core.settings import get_settings
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.schemas.listings import EventOffers
from ticketing_app.ui.live.components import LiveCount, LiveEvent, LiveText
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.static_html import cond, each
from ticketing_app.ui.theme import styles

NONE_LEFT = "None left right now"
ONE_LEFT = "1 left"
MANY_LEFT = "{count} left"
FROM = "from "


@dataclass(frozen=True)
class EventCard:
    """An event in a list. `price_format` and `seen_at` (milliseconds) are for live changes of `live_id`."""

    id: str = ""
    live_id: str = ""
    href: str = ""
    title: str = ""
    category: str = "other"
    month: str = ""
    day: str = ""
    weekday: str = ""
    day_line: str = ""
    place: str = ""
    price: str = ""
    price_format: tuple[str, ...] = ()
    left_line: str = ""
    seen_at: int = 0

    @classmethod
    def from_event(
        cls, event: EventRead, offers: EventOffers, *, today: date, seen_at: int, quantity: int = 1
    ) -> "EventCard":
        """With a `quantity`, `offers` has the lowest price of so many tickets, and the link leads to those."""
        at = event.starts_local
        month, day, weekday = formatting.date_parts(at)
        currency = offers.currency or get_settings().currency
        from_cents = offers.from_cents if offers.available else None
        return cls(
            id=str(event.id),
            # Messages have the lowest price of a single ticket.
            live_id=str(event.id) if quantity == 1 else "",
            href=routes.event_detail(event.slug, quantity=quantity),
            title=event.title,
            category=event.category or "other",
            month=month,
            day=day,
            weekday=weekday if formatting.is_near(at.date(), today) else str(at.year),
            day_line=formatting.format_event_day(at.date(), today),
            place=f"{formatting.format_clock(at)} · {event.venue.name}, {event.venue.city}",
            price="" if from_cents is None else formatting.format_amount(from_cents, currency),
            price_format=formatting.amount_format(currency),
            left_line=left_line(offers.available),
            seen_at=seen_at,
        )


@dataclass(frozen=True)
class EventGroup:
    """Events of one day; `label` is empty where they are not sorted by day."""

    label: str = ""
    cards: tuple[EventCard, ...] = ()


def make_cards(
    events: Iterable[EventRead],
    summaries: Mapping[UUID, EventOffers],
    *,
    today: date,
    seen_at: int,
    quantity: int = 1,
) -> list[EventCard]:
    return [
        EventCard.from_event(
            event, summaries[event.id], today=today, seen_at=seen_at, quantity=quantity
        )
        for event in events
    ]


def group_by_day(cards: Iterable[EventCard]) -> list[EventGroup]:
    """Group events, the soonest first, by the day in their own time."""
    days = groupby(cards, key=lambda card: card.day_line)
    return [EventGroup(label, tuple(of_day)) for label, of_day in days]


def left_line(count: int) -> str:
    if count == 0:
        return NONE_LEFT
    return ONE_LEFT if count == 1 else MANY_LEFT.format(count=formatting.format_number(count))


def event_groups(groups: Any) -> rx.Component:  # noqa: ANN401  # values or a variable, as below.
    return rx.el.div(each(groups, _group), class_name="event-groups")


def event_list(cards: Any) -> rx.Component:  # noqa: ANN401
    return rx.el.ul(each(cards, event_card), class_name="grid gap-3")


def _group(group: EventGroup) -> rx.Component:
    return rx.el.section(
        cond(group.label != "", rx.el.h2(group.label, class_name=styles.DAY)),
        rx.el.ul(each(group.cards, event_card)),
        class_name="event-group",
        key=group.label,
    )


def event_card(card: EventCard) -> rx.Component:
    """A date block, which is no stub as there is nothing to tear off, and the offers, which are live."""
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
                rx.el.p(card.place, class_name="text-sm text-muted"),
                _offers(card),
                class_name="event-facts",
            ),
            event_id=card.live_id,
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
    )


def _offers(card: EventCard) -> rx.Component:
    return rx.el.p(
        rx.el.span(
            FROM,
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


def card_shape() -> rx.Component:
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
