"""Fields of the seller's form."""

from typing import Any

import reflex as rx

from ticketing_app.tickets.rules import TITLE_MAX_LENGTH
from ticketing_app.ui.listings.views import TicketForm
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.views import CATEGORY_LABELS

Errors = rx.vars.ObjectVar[dict[str, str]]

TEXT = {"about": "About the event (optional)", "none": "No category"}
FIELD_LABELS = {
    "title": "Title",
    "price": "Price",
    "category": "Category",
    "venue": "Venue",
    "city": "City",
    "startsAt": "Starts at",
    "timezone": "Time zone of the event",
    "section": "Section",
    "row": "Row",
    "seat": "Seat",
    "faceValue": "Face value",
    "description": "Description",
}
HINTS = {
    "timezone": "Like Europe/Berlin or America/New_York; needed with the start",
}
TIMEZONES = (
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Toronto",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "UTC",
)

DESCRIPTION_MAX_LENGTH = 2000
_BESIDE = "grid gap-5 sm:gap-3 items-start"


def ticket_fields(
    form: TicketForm,
    errors: Errors,
    *,
    price_hint: str,
    below_price: rx.Component,
    seat_hint: str,
    has_event_facts: rx.Var[bool] | bool,
) -> rx.Component:
    """The fields of a listing; the optional ones are collapsed unless `has_event_facts`."""
    optional = (
        _select("category", form.category, errors),
        rx.el.div(
            _input("venue", form.venue, errors),
            _input("city", form.city, errors),
            class_name=f"{_BESIDE} sm:grid-cols-2",
        ),
        _input("startsAt", form.startsAt, errors, type="datetime-local"),
        _input("timezone", form.timezone, errors, list="timezones"),
        rx.el.datalist(*(rx.el.option(value=name) for name in TIMEZONES), id="timezones"),
        rx.el.div(
            _input("section", form.section, errors),
            _input("row", form.row, errors),
            _input("seat", form.seat, errors, hint=seat_hint),
            class_name=f"{_BESIDE} sm:grid-cols-[2fr_1fr_2fr]",
        ),
        _input("faceValue", form.faceValue, errors, input_mode="decimal"),
        _textarea("description", form.description, errors),
    )
    return rx.fragment(
        _input("title", form.title, errors, required=True, max_length=TITLE_MAX_LENGTH),
        _input("price", form.price, errors, price_hint, required=True, input_mode="decimal"),
        below_price,
        rx.el.details(
            rx.el.summary(
                TEXT["about"], class_name="min-h-touch py-2.5 font-medium cursor-pointer"
            ),
            rx.el.div(*optional, class_name="grid gap-5 pt-3 pb-4"),
            open=has_event_facts,
            class_name="border-y border-line py-1",
        ),
    )


def _input(
    name: str,
    value: str,
    errors: Errors,
    hint: str = "",
    **props: Any,  # noqa: ANN401  # any attribute
) -> rx.Component:
    control = rx.el.input(default_value=value, **_described(name, errors), **props)
    return _field(name, errors, control, hint)


def _textarea(name: str, value: str, errors: Errors) -> rx.Component:
    described = _described(name, errors)
    return _field(
        name,
        errors,
        rx.el.textarea(
            default_value=value, rows="4", max_length=DESCRIPTION_MAX_LENGTH, **described
        ),
    )


def _select(name: str, value: str, errors: Errors) -> rx.Component:
    options = (
        rx.el.option(TEXT["none"], value=""),
        *(rx.el.option(label, value=name) for name, label in CATEGORY_LABELS.items()),
    )
    return _field(
        name, errors, rx.el.select(*options, default_value=value, **_described(name, errors))
    )


def _described(name: str, errors: Errors) -> dict[str, Any]:
    """Return the attributes that connect a control with its label, hint and error."""
    return {
        "id": name,
        "name": name,
        "aria_invalid": errors.contains(name).to_string(),
        "aria_describedby": f"{name}-error {name}-hint",
        "class_name": styles.FIELD,
    }


def _field(name: str, errors: Errors, control: rx.Component, hint: str = "") -> rx.Component:
    hint = HINTS.get(name, hint)
    return rx.el.div(
        rx.el.label(FIELD_LABELS[name], html_for=name, class_name="font-medium"),
        control,
        rx.cond(
            hint != "", rx.el.p(hint, id=f"{name}-hint", class_name="text-sm text-muted"), None
        ),
        rx.cond(
            errors.contains(name),
            rx.el.p(
                errors[name], id=f"{name}-error", role="alert", class_name="text-bad font-medium"
            ),
        ),
        class_name="grid gap-1.5",
    )
