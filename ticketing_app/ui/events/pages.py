"""Pages of an event, a venue and a city."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.events.cards import EventCard, EventGroup, event_groups, event_list
from ticketing_app.ui.events.choices import Choices
from ticketing_app.ui.events.components import (
    event_head,
    event_summary,
    place_link,
)
from ticketing_app.ui.events.offer_rows import (
    choice_bar,
    nothing_fits,
    number_choice,
    offer_row_with,
)
from ticketing_app.ui.events.offers import SPOKEN_LABELS, OfferRow
from ticketing_app.ui.events.state import EventDetailState, PlaceState
from ticketing_app.ui.events.views import EventHead
from ticketing_app.ui.live.components import LiveAnnouncement, NewListings, OnEvent, OnLive
from ticketing_app.ui.purchases.components import purchase_form
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.share import share_button
from ticketing_app.ui.static_html import cond, each
from ticketing_app.ui.theme import styles

TEXT = {
    "one_new": "1 new ticket",
    "many_new": "{count} new tickets",
    "one_changed": "{title}: {status}",
    "many_changed": "{count} offers of this event changed",
    "none": "Nothing is for sale for this event right now.",
    "none_more": "Tickets appear here the moment somebody lists one.",
    "sell": "Sell yours",
    "offers": "Tickets",
    "sold": "Sold: ",
    "calendar": "Add to calendar",
    "other_dates": "Other dates",
    "no_events": "Nothing is on here at the moment",
    "no_events_more": "New dates appear as soon as somebody sells a ticket for one.",
    "home": "See tickets for sale",
}


def event_page() -> rx.Component:
    state = EventDetailState
    new = NewListings.create(
        one=TEXT["one_new"],
        many=TEXT["many_new"],
        least=state.quantity,
        asks=False,
        matching=[],
        on_show=state.load,
        key=state.event.id,
        class_name=f"{styles.SECONDARY} w-full mt-3",
    )
    return layout(
        OnEvent.create(event_id=state.event.id, on_change=state.refresh),
        LiveAnnouncement.create(
            one=TEXT["one_changed"], many=TEXT["many_changed"], labels=SPOKEN_LABELS
        ),
        # Always present: screen readers announce changes of a live region, not new ones.
        rx.el.p(state.note, role="status", class_name=f"mb-5 {styles.SUCCESS}"),
        feedback.loaded(
            state,
            state.load,
            _article(
                state.event,
                _offers(
                    state.event,
                    state.offers,
                    state.choices,
                    new=new,
                ),
                other_dates=state.other_dates,
                has_other_dates=state.other_dates.length() > 0,
            ),
            state.event.href,
            shape=_skeleton(),
        ),
    )


def static_event(
    event: EventHead,
    offers: Sequence[OfferRow],
    choices: Choices,
    other_dates: Sequence[EventCard],
) -> rx.Component:
    """The event in the served document; its links work without JavaScript."""
    return _article(
        event,
        _offers(
            event,
            offers,
            choices,
            new=None,
        ),
        other_dates=other_dates,
        has_other_dates=bool(other_dates),
    )


def _article(
    event: EventHead,
    offers: rx.Component,
    *,
    other_dates: Any,  # noqa: ANN401  # values or a variable.
    has_other_dates: rx.Var[bool] | bool,
) -> rx.Component:
    return rx.el.article(
        rx.el.div(event_head(event), class_name="in-head"),
        rx.el.div(
            cond(event.notice != "", _notice(event)),
            cond(event.is_on_sale, offers),
            cond(event.sold > 0, rx.el.p(TEXT["sold"], event.sold, class_name="text-muted")),
            class_name="in-main",
        ),
        rx.el.div(
            _to_go(event),
            cond(has_other_dates, _other_dates(other_dates)),
            class_name="in-side",
        ),
        class_name="columns",
    )


def _notice(event: EventHead) -> rx.Component:
    return rx.el.p(
        event.notice,
        role="status",
        class_name="event-notice",
        custom_attrs={"data-status": event.status},
    )


def _offers(
    event: EventHead,
    offers: Any,  # noqa: ANN401  # values or a variable.
    choices: Choices,
    *,
    new: rx.Component | None,
) -> rx.Component:
    listed = rx.fragment(
        choice_bar(choices),
        cond(choices.nothing != "", nothing_fits(choices)),
        rx.el.h2(TEXT["offers"], class_name="sr-only"),
        rx.el.ul(each(offers, _offer_row), class_name="grid gap-3"),
    )
    return rx.fragment(
        rx.el.div(
            event_summary(event, "text-lg font-semibold tabular-nums"),
            new,
            class_name="grid",
        ),
        cond(choices.has_numbers, listed, _nothing(event)),
    )


def _offer_row(offer: OfferRow) -> rx.Component:
    form = purchase_form(
        EventDetailState,
        number_choice(offer),
        key=offer.id,
        fields={
            "listing_id": offer.listing_id,
            "ticket_id": offer.ticket_id,
            "quantity": offer.quantity,
            "price_cents": offer.price_cents,
        },
        action=offer.action,
        description=offer.description,
    )
    return offer_row_with(offer, form)


def _other_dates(events: Any) -> rx.Component:  # noqa: ANN401  # values or a variable.
    return rx.el.section(
        rx.el.h2(TEXT["other_dates"], class_name="text-lg font-semibold mb-3"),
        event_list(events),
    )


def _nothing(event: EventHead) -> rx.Component:
    return feedback.empty(
        TEXT["none"],
        TEXT["none_more"],
        link(TEXT["sell"], href=routes.sell_for(f"{event.id}"), class_name=styles.PRIMARY),
    )


def _to_go(event: EventHead) -> rx.Component:
    return rx.el.div(
        cond(
            event.calendar_href != "",
            # A file of the API.
            link(
                TEXT["calendar"],
                href=event.calendar_href,
                reload_document=True,
                class_name=styles.SECONDARY,
            ),
        ),
        share_button(event.title),
        class_name=f"{styles.PANEL} flex flex-wrap items-center gap-3 print:hidden",
    )


def venue_page() -> rx.Component:
    return _place_page(PlaceState.load_venue)


def city_page() -> rx.Component:
    return _place_page(PlaceState.load_city)


def _place_page(load: rx.event.EventType[()]) -> rx.Component:
    state = PlaceState
    return layout(
        OnLive.create(only_resync=True, on_change=load),
        feedback.loaded(
            state,
            load,
            _place(
                state.name,
                state.city,
                state.city_href,
                state.days,
                has_days=state.days.length() > 0,
            ),
            state.href,
            shape=_skeleton(),
        ),
    )


def static_place(name: str, city: str, city_href: str, days: Sequence[EventGroup]) -> rx.Component:
    """A venue or city in the served document."""
    return _place(name, city, city_href, days, has_days=bool(days))


def _place(
    name: rx.Var[str] | str,
    city: rx.Var[str] | str,
    city_href: rx.Var[str] | str,
    days: Any,  # noqa: ANN401  # values or a variable.
    *,
    has_days: rx.Var[bool] | bool,
) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(name, class_name=styles.HEADING),
            cond(
                city != "",
                rx.el.p(place_link(city, city_href), class_name="text-muted"),
            ),
        ),
        cond(has_days, event_groups(days), _no_events()),
        class_name="grid gap-6 pb-10",
    )


def _no_events() -> rx.Component:
    return feedback.empty(
        TEXT["no_events"],
        TEXT["no_events_more"],
        link(TEXT["home"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="skeleton h-28 rounded-stub"),
        *(rx.el.div(class_name="skeleton h-16 rounded-stub") for _ in range(6)),
        class_name="grid gap-3",
    )
