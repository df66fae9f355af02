"""Fields of the seller's forms."""

from typing import Any, Literal

import reflex as rx

from ticketing_app.tickets.rules import TITLE_MAX_LENGTH, Split
from ticketing_app.ui.listings.split import NO, PAIR, YES, SplitChoice
from ticketing_app.ui.listings.views import TicketForm
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.views import CATEGORY_LABELS

Errors = rx.vars.ObjectVar[dict[str, str]]

TEXT = {
    "about": "About the event (optional)",
    "about_ticket": "About the ticket (optional)",
    "none": "No category",
    "split": "How may they be sold?",
    "one_by_one": "One by one, or both",
    "both": "Both together only",
    "any": "Any number",
    "no_single": "Any number, but never leave one over",
    "together": "All together only",
    "side_by_side": "Are the seats side by side?",
    "yes": "Yes, next to each other",
    "no": "No, or not sure",
}
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
TIMEZONE_HINT = "Like Europe/Berlin or America/New_York; needed with the start"
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
BESIDE = "grid gap-5 sm:gap-3 items-start"


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
    title = text_field("title", form.title, errors, required=True, max_length=TITLE_MAX_LENGTH)
    has_event = form.eventId != ""
    return rx.fragment(
        rx.cond(has_event, _fixed_event(form, errors), title),
        text_field("price", form.price, errors, price_hint, required=True, input_mode="decimal"),
        below_price,
        rx.el.details(
            rx.el.summary(
                rx.cond(has_event, TEXT["about_ticket"], TEXT["about"]),
                class_name="min-h-touch py-2.5 font-medium cursor-pointer",
            ),
            rx.el.div(
                rx.cond(has_event, None, _about_event(form, errors)),
                _about_ticket(form, errors, seat_hint),
                class_name="grid gap-5 pt-3 pb-4",
            ),
            open=has_event_facts,
            class_name="border-y border-line py-1",
        ),
    )


def _about_event(form: TicketForm, errors: Errors) -> rx.Component:
    return rx.fragment(
        category_field("category", form.category, errors),
        rx.el.div(
            text_field("venue", form.venue, errors),
            text_field("city", form.city, errors),
            class_name=f"{BESIDE} sm:grid-cols-2",
        ),
        text_field("startsAt", form.startsAt, errors, type="datetime-local"),
        text_field("timezone", form.timezone, errors, TIMEZONE_HINT, list="timezones"),
        rx.el.datalist(*(rx.el.option(value=name) for name in TIMEZONES), id="timezones"),
    )


def _about_ticket(form: TicketForm, errors: Errors, seat_hint: str) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            text_field("section", form.section, errors),
            text_field("row", form.row, errors),
            text_field("seat", form.seat, errors, seat_hint),
            class_name=f"{BESIDE} sm:grid-cols-[2fr_1fr_2fr]",
        ),
        text_field("faceValue", form.faceValue, errors, input_mode="decimal"),
        long_text_field("description", form.description, errors),
    )


def _fixed_event(form: TicketForm, errors: Errors) -> rx.Component:
    """The title of the event; the fields that repeat it are sent, but cannot be edited."""
    values = {
        "eventId": form.eventId,
        "title": form.title,
        "category": form.category,
        "venue": form.venue,
        "city": form.city,
        "startsAt": form.startsAt,
        "timezone": form.timezone,
    }
    return rx.el.div(
        rx.el.p(form.title, class_name="text-lg font-semibold"),
        # An event that has begun.
        error_line("startsAt", errors),
        *(
            # Reflex reads a field by its id, also that of the field in place of which it stands.
            rx.el.input(type="hidden", id=name, name=name, default_value=value)
            for name, value in values.items()
        ),
    )


def text_field(
    name: str,
    value: str,
    errors: Errors,
    hint: str = "",
    *,
    label: str = "",
    **props: Any,  # noqa: ANN401  # any attribute
) -> rx.Component:
    control = rx.el.input(default_value=value, **described(name, errors), **props)
    return labelled(name, errors, control, hint, label=label)


def long_text_field(
    name: str, value: str, errors: Errors, hint: str = "", *, label: str = ""
) -> rx.Component:
    control = rx.el.textarea(
        default_value=value, rows="4", max_length=DESCRIPTION_MAX_LENGTH, **described(name, errors)
    )
    return labelled(name, errors, control, hint, label=label)


def category_field(name: str, value: str, errors: Errors) -> rx.Component:
    options = (
        rx.el.option(TEXT["none"], value=""),
        *(rx.el.option(label, value=name) for name, label in CATEGORY_LABELS.items()),
    )
    control = rx.el.select(*options, default_value=value, **described(name, errors))
    return labelled(name, errors, control)


def described(name: str, errors: Errors) -> dict[str, Any]:
    """Return the attributes that connect a control with its label, hint and error."""
    return {
        "id": name,
        "name": name,
        "aria_invalid": errors.contains(name).to_string(),
        "aria_describedby": f"{name}-error {name}-hint",
        "class_name": styles.FIELD,
    }


def labelled(
    name: str, errors: Errors, control: rx.Component, hint: str = "", *, label: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label or FIELD_LABELS[name], html_for=name, class_name="font-medium"),
        control,
        rx.cond(
            hint != "", rx.el.p(hint, id=f"{name}-hint", class_name="text-sm text-muted"), None
        ),
        error_line(name, errors),
        class_name="grid gap-1.5",
    )


def error_line(name: str, errors: Errors) -> rx.Component:
    return rx.cond(
        errors.contains(name),
        rx.el.p(errors[name], id=f"{name}-error", role="alert", class_name="text-bad font-medium"),
    )


def split_fields(choice: SplitChoice) -> rx.Component:
    """The questions on several tickets; an answer keeps the focus until the question itself changes."""
    is_pair = choice.count == PAIR

    def split(value: Split, label: rx.Var[str] | str) -> rx.Component:
        return radio("split", value, label, is_chosen=choice.split == value)

    def side(value: str, label: str) -> rx.Component:
        return radio("sideBySide", value, label, is_chosen=choice.side_by_side == value)

    how = _question(
        TEXT["split"],
        split(Split.ANY, rx.cond(is_pair, TEXT["one_by_one"], TEXT["any"])),
        rx.cond(is_pair, None, split(Split.NO_SINGLE, TEXT["no_single"])),
        split(Split.TOGETHER, rx.cond(is_pair, TEXT["both"], TEXT["together"])),
        key=f"split-{is_pair}",
    )
    where = _question(
        TEXT["side_by_side"],
        side(YES, TEXT["yes"]),
        side(NO, TEXT["no"]),
        key=f"side-{choice.suggested_side}",
    )
    return rx.cond(
        choice.count >= PAIR, rx.fragment(how, rx.cond(choice.suggested_side != "", where))
    )


def _question(legend: str, *answers: rx.Component, key: str) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(legend, class_name="font-medium mb-1.5"),
        *answers,
        key=key,
        class_name="grid gap-1",
    )


def radio(
    name: str,
    value: rx.Var[str] | str,
    label: rx.Var[str] | str,
    *,
    is_chosen: rx.Var[bool] | bool,
) -> rx.Component:
    return choice_row("radio", name, value, label, is_chosen=is_chosen)


def choice_row(
    kind: Literal["radio", "checkbox"],
    name: rx.Var[str] | str,
    value: rx.Var[str] | str,
    label: rx.Var[str] | str,
    *,
    is_chosen: rx.Var[bool] | bool,
) -> rx.Component:
    """A radio button or a checkbox; its whole row is the target."""
    return rx.el.label(
        rx.el.input(
            type=kind,
            name=name,
            value=value,
            default_checked=is_chosen,
            class_name="flex-none size-5 accent-accent",
        ),
        rx.el.span(label, class_name="min-w-0 [overflow-wrap:anywhere]"),
        class_name="flex items-center gap-3 min-h-touch px-3 py-2 rounded-control bg-surface border "
        "border-line has-checked:border-accent cursor-pointer",
        key=f"{name}{value}",
    )
