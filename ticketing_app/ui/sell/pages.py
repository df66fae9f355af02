"""The sell form in steps, and the short form in front of it."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.tickets.rules import TITLE_MAX_LENGTH
from ticketing_app.ui.deliveries.badge_part import promise
from ticketing_app.ui.listings.components import OnFormInput, offered_stub
from ticketing_app.ui.listings.fields import (
    BESIDE,
    category_field,
    long_text_field,
    split_fields,
    text_field,
)
from ticketing_app.ui.listings.pages import short_form
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.sell.components import (
    chosen_event,
    event_results,
    place_choice,
    quantity_field,
    steps,
)
from ticketing_app.ui.sell.delivery import delivery_fields, start_with_file
from ticketing_app.ui.sell.state import SellState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "find": "Which event?",
    "find_label": "Event",
    "find_hint": "The name, the artist, the team or the venue",
    "unfinished": "You have an unfinished listing.",
    "go_on": "Go on with it",
    "add": "Add an event",
    "short": "Or list a single ticket without an event",
    "event": "Which event?",
    "event_intro": "Type its name. If it is here already, choose it. If not, say when and where it is.",
    "name": "Name of the event",
    "new": "A new event",
    "date": "Day",
    "time": "Starts at",
    "venue": "Venue",
    "venue_hint": "Its time zone follows from the place",
    "venues": "Choose the venue",
    "new_venue": "None of these: a new venue",
    "city": "City of the venue",
    "cities": "Choose the city",
    "tickets": "Your tickets",
    "quantity": "How many tickets?",
    "section": "Section",
    "row": "Row",
    "seats": "Seats",
    "seats_hint": "Like 5-6 or 12, 14; leave it empty without seat numbers",
    "description": "Note to buyers (optional)",
    "price": "Your price",
    "each": "Price per ticket",
    "face_value": "Face value (optional)",
    "face_value_hint": "The price printed on one ticket",
    "look": "What buyers see",
    "delivery": "How buyers get it",
    "known": "See that listing",
    "terms": "What you agree to",
    "next": "Next",
    "list": "List for sale",
    "back": "Back",
    "start_over": "Start over",
    "start_over_question": "Forget everything that you typed here?",
    "start_over_confirm": "Forget it",
    "start_over_cancel": "Keep it",
}


def ticket_new_page() -> rx.Component:
    """The way by the event and the short form, in one page."""
    state = SellState
    unfinished = rx.el.p(
        TEXT["unfinished"],
        # The last step leads back to the first gap.
        link(TEXT["go_on"], href=routes.SELL_LOOK, class_name=styles.LINK_ALONE),
        class_name=f"{styles.PANEL} flex flex-wrap items-center gap-x-3",
    )
    way_by_event = rx.el.section(
        rx.cond(TicketFormState.has_draft, unfinished),
        rx.el.h2(TEXT["find"], id="find", class_name="text-lg font-semibold"),
        rx.el.form(
            OnFormInput.create(on_form_input=state.type_name),
            text_field(
                "name",
                state.form.name,
                state.shown_errors,
                TEXT["find_hint"],
                label=TEXT["find_label"],
                type="search",
                auto_complete="off",
                max_length=TITLE_MAX_LENGTH,
            ),
            start_with_file(),
            on_submit=lambda form: state.type_name(form, ["name"]),
            class_name="grid gap-1",
        ),
        event_results(state.events, state.found_line),
        link(TEXT["add"], href=routes.SELL, class_name=f"{styles.SECONDARY} justify-self-start"),
        rx.el.h2(TEXT["short"], class_name="text-lg font-semibold mt-4"),
        aria_labelledby="find",
        class_name="grid gap-3 max-w-form",
    )
    return layout(short_form(way_by_event))


def sell_event_page() -> rx.Component:
    state = SellState
    new_event = rx.el.fieldset(
        rx.el.legend(TEXT["new"], class_name="text-lg font-semibold mb-3"),
        category_field("category", state.form.category, state.shown_errors),
        rx.el.div(
            text_field(
                "date", state.form.date, state.shown_errors, label=TEXT["date"], type="date"
            ),
            text_field(
                "time", state.form.time, state.shown_errors, label=TEXT["time"], type="time"
            ),
            class_name=f"{BESIDE} sm:grid-cols-2",
        ),
        _venue(),
        class_name="grid gap-5",
    )
    return _step(
        routes.SELL,
        TEXT["event"],
        state.load_event,
        state.type_event,
        state.submit_event,
        rx.el.p(TEXT["event_intro"], class_name="text-muted"),
        text_field(
            "name",
            state.form.name,
            state.shown_errors,
            label=TEXT["name"],
            max_length=TITLE_MAX_LENGTH,
            auto_complete="off",
        ),
        event_results(state.events, state.found_line),
        new_event,
    )


def _venue() -> rx.Component:
    state = SellState
    city = rx.el.div(
        text_field(
            "city", state.form.city, state.shown_errors, label=TEXT["city"], auto_complete="off"
        ),
        rx.el.p(state.city_line, role="status", class_name="text-sm text-muted empty:hidden"),
        place_choice("cityId", TEXT["cities"], state.cities),
        class_name="grid gap-2",
    )
    return rx.fragment(
        rx.el.div(
            text_field(
                "venue",
                state.form.venue,
                state.shown_errors,
                TEXT["venue_hint"],
                label=TEXT["venue"],
                auto_complete="off",
            ),
            place_choice(
                "venueId",
                TEXT["venues"],
                state.venues,
                TEXT["new_venue"],
                is_other=state.form.venueId == "",
            ),
            class_name="grid gap-2",
        ),
        rx.cond(state.needs_city, city),
    )


def sell_tickets_page() -> rx.Component:
    state = SellState
    seats = rx.el.div(
        text_field("section", state.form.section, state.shown_errors, label=TEXT["section"]),
        text_field("row", state.form.row, state.shown_errors, label=TEXT["row"]),
        text_field(
            "seats",
            state.form.seats,
            state.shown_errors,
            TEXT["seats_hint"],
            label=TEXT["seats"],
            auto_complete="off",
        ),
        class_name=f"{BESIDE} sm:grid-cols-[2fr_1fr_2fr]",
    )
    return _step(
        routes.SELL_TICKETS,
        TEXT["tickets"],
        state.load_tickets,
        state.type_tickets,
        state.submit_tickets,
        chosen_event(state.event),
        delivery_fields(),
        quantity_field(
            state.form.quantity,
            state.named_seats,
            state.shown_errors,
            "",
            label=TEXT["quantity"],
        ),
        seats,
        rx.el.p(state.seats_line, role="status", class_name="font-medium -mt-3 empty:hidden"),
        split_fields(state.split),
        long_text_field(
            "description", state.form.description, state.shown_errors, label=TEXT["description"]
        ),
    )


def sell_price_page() -> rx.Component:
    state = SellState
    return _step(
        routes.SELL_PRICE,
        TEXT["price"],
        state.load_price,
        state.type_price,
        state.submit_price,
        chosen_event(state.event),
        rx.el.p(state.seats_line, class_name="font-medium"),
        text_field(
            "price",
            state.form.price,
            state.shown_errors,
            state.price_rule,
            label=TEXT["each"],
            input_mode="decimal",
            auto_complete="off",
        ),
        rx.el.div(
            rx.el.p(state.scale_line, class_name="font-medium empty:hidden"),
            rx.el.p(state.total_line, class_name="text-muted empty:hidden"),
            role="status",
            class_name="grid gap-1 text-sm -mt-3",
        ),
        text_field(
            "faceValue",
            state.form.faceValue,
            state.shown_errors,
            TEXT["face_value_hint"],
            label=TEXT["face_value"],
            input_mode="decimal",
            auto_complete="off",
        ),
        rx.el.p(
            state.face_line, role="status", class_name="text-sm font-medium -mt-3 empty:hidden"
        ),
    )


def sell_look_page() -> rx.Component:
    state = SellState

    def term(line: rx.Var[str]) -> rx.Component:
        return rx.el.li(line)

    form = rx.el.div(
        steps(routes.SELL_LOOK),
        rx.el.h1(TEXT["look"], class_name=styles.HEADING),
        offered_stub(state.stub),
        rx.el.p(state.offer_line, class_name="font-semibold empty:hidden"),
        rx.cond(
            state.form.description != "",
            rx.el.p(state.form.description, class_name="whitespace-pre-line max-w-text"),
        ),
        rx.el.section(
            rx.el.h2(TEXT["delivery"], class_name="text-lg font-semibold"),
            promise(state.badge, state.promise, is_checked=state.is_checked),
            class_name="grid gap-2",
        ),
        rx.el.section(
            rx.el.h2(TEXT["terms"], class_name="text-lg font-semibold"),
            rx.el.ul(
                rx.foreach(state.terms, term),
                class_name="grid gap-2 list-disc pl-5 max-w-text",
            ),
            class_name="grid gap-2",
        ),
        rx.cond(
            state.known_href != "",
            link(TEXT["known"], href=state.known_href, class_name=styles.LINK_ALONE),
        ),
        rx.el.form(
            rx.el.input(type="hidden", name="version", default_value=f"{state.version}"),
            rx.el.button(TEXT["list"], type="submit", class_name=f"{styles.PRIMARY} px-8"),
            _back(routes.SELL_PRICE),
            on_submit=state.list_for_sale,
            class_name="flex flex-wrap gap-3",
        ),
        _start_over(),
        class_name="grid gap-5 pb-8",
    )
    loaded = feedback.loaded(state, state.load_look, form, shape=feedback.stub_shape())
    return layout(loaded, is_narrow=True)


def _step(
    route: str,
    heading: str,
    load: rx.event.EventType[()],
    on_input: rx.event.EventType[object, object],
    on_submit: rx.event.EventType[dict[str, Any]],
    *fields: rx.Component,
) -> rx.Component:
    """A step of the form; its fields keep their input while the tab's state is loaded again."""
    state = SellState
    order = (routes.SELL, routes.SELL_TICKETS, routes.SELL_PRICE)
    position = order.index(route)
    form = rx.el.div(
        steps(route),
        rx.el.h1(heading, class_name=styles.HEADING),
        rx.el.form(
            OnFormInput.create(on_form_input=on_input),
            rx.el.input(type="hidden", name="eventId", default_value=state.form.eventId),
            *fields,
            rx.el.div(
                rx.el.button(TEXT["next"], type="submit", class_name=f"{styles.PRIMARY} px-8"),
                _back(order[position - 1] if position else routes.TICKET_NEW),
                class_name="flex flex-wrap gap-3",
            ),
            on_submit=on_submit,
            # Its sentences stand beside the fields, in place of the browser's.
            no_validate=True,
            class_name="grid gap-5",
        ),
        _start_over(),
        class_name="grid gap-5 pb-8",
    )
    loaded = feedback.loaded(
        state, load, form, form_content=f"{state.opened}", shape=feedback.field_shapes(3)
    )
    return layout(loaded, is_narrow=True)


def _back(route: str) -> rx.Component:
    return link(TEXT["back"], href=route, class_name=styles.SECONDARY)


def _start_over() -> rx.Component:
    return rx.el.div(
        ConfirmButton.create(
            label=TEXT["start_over"],
            question=TEXT["start_over_question"],
            confirm_label=TEXT["start_over_confirm"],
            cancel_label=TEXT["start_over_cancel"],
            on_confirm=SellState.start_over,
            class_name=f"{styles.SECONDARY} text-sm",
        ),
        class_name="border-t border-line pt-4",
    )
