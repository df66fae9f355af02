"""Fields of the sell form: how the tickets are delivered."""

from typing import Any

import reflex as rx

from ticketing_app.tickets.rules import MAX_SEATS, DeliveryMethod, Issuer
from ticketing_app.ui.deliveries.badges import ISSUER_NAMES
from ticketing_app.ui.listings.fields import described, error_line, labelled, text_field
from ticketing_app.ui.sell.files import FileLine
from ticketing_app.ui.sell.promise import SELF
from ticketing_app.ui.sell.state import SellState
from ticketing_app.ui.theme import styles
from ticketing_app.vault.inspection.results import SENTENCES
from ticketing_app.vault.rules import MAX_UPLOAD_BYTES, TICKET_LINK

ACCEPTED = "application/pdf,image/jpeg,image/png,.pkpass"
TEXT = {
    "how": "How do you have them?",
    "issuer": "Which app?",
    "choose_issuer": "Choose the app",
    "transferOn": "From when can you transfer them? (optional)",
    "transfer_hint": "Some apps allow it only a few days before the event.",
    "readyOn": "When do you get it?",
    "link": "Link of the ticket",
    "link_hint": f"It begins with {TICKET_LINK}. We keep it sealed, and never open it.",
    "attached": "Attached",
    "remove": "Remove",
    "page": "First page of your file",
    "start": "Or start with your ticket file",
}
WAYS: dict[str, tuple[str, str]] = {
    DeliveryMethod.FILE: (
        "As a file",
        "PDF, picture or Apple Wallet pass. We check it, and the buyer has it at once. You do nothing more.",
    ),
    DeliveryMethod.TRANSFER: (
        "In an app",
        "After the sale you transfer them to the buyer in that app, by a deadline.",
    ),
    DeliveryMethod.FILE_LATER: (
        "I get the file later",
        "After the sale you upload it here, by a deadline.",
    ),
    DeliveryMethod.LINK: (
        "As a Google Wallet link",
        "For one ticket. The buyer has the link at once, and we can't check it.",
    ),
    SELF: (
        "I send them myself",
        "Not checked, and buyers see that.",
    ),
}
ISSUERS = ISSUER_NAMES | {Issuer.OTHER: "Another app"}
_DROP_TEXT = {
    "choose": "Drop your tickets here, paste a screenshot, or choose files",
    "hint": "PDF, JPEG, PNG or Apple Wallet pass, 10 MB at most. Only you and the buyer ever see them.",
    "sending": "Sending {name}",
    "checking": "Checking {name}",
    "cancel": "Cancel",
    "dismiss": "Dismiss",
    "failed": "The upload did not work. Please try again.",
    "heic": SENTENCES["heic"],
    "tooLarge": SENTENCES["too_large"],
    "several": "{count} tickets found. They become one listing.",
    "filled": "Filled in from your file: {fields}. Please check.",
    "name": "event",
    "venue": "venue",
    "city": "city",
    "date": "day",
    "time": "time",
    "section": "section",
    "row": "row",
    "seats": "seats",
    "undo": "Undo",
    "otherDay": "Your file is for {day}. Is this the right event?",
}
_DROP = {
    "box": "grid gap-2",
    "zone": (
        "grid gap-1 justify-items-center text-center p-5 rounded-control border-2 border-dashed border-muted "
        "cursor-pointer hover:border-accent data-[over=true]:border-accent data-[over=true]:bg-accent-soft "
        "has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2"
    ),
    "action": "font-semibold text-accent",
    "hint": "text-sm text-muted",
    "list": "grid gap-2 empty:hidden",
    "item": "grid gap-2 p-3 rounded-control bg-surface border border-line",
    "line": "flex flex-wrap items-center justify-between gap-x-3 gap-y-1",
    "button": f"{styles.SECONDARY} text-sm",
    "note": "grid gap-1 empty:hidden",
}


def _found(
    ids: rx.Var[list[str]], price: rx.Var[str], fields: rx.Var[dict[str, str]]
) -> tuple[rx.Var[list[str]], rx.Var[str], rx.Var[dict[str, str]]]:
    return ids, price, fields


class Drop(rx.Component):
    """Uploads tickets, and calls `on_files` with the ids of all of them and the price that they say.

    It also gets their facts for fields of later steps; `filled` are the fields that it filled in.
    """

    library = rx.asset("drop.jsx", shared=True).importable_path
    tag = "Drop"

    field: rx.Var[str]
    accept: rx.Var[str] = rx.Var.create(ACCEPTED)
    max_bytes: rx.Var[int] = rx.Var.create(MAX_UPLOAD_BYTES)
    file_ids: rx.Var[list[str]]
    filled: rx.Var[list[str]] = rx.Var.create([])
    most: rx.Var[int] = rx.Var.create(MAX_SEATS)
    day: rx.Var[str]
    currency: rx.Var[str]
    text: rx.Var[dict[str, str]] = rx.Var.create(_DROP_TEXT)
    classes: rx.Var[dict[str, str]] = rx.Var.create(_DROP)
    on_files: rx.EventHandler[_found]
    on_undo: rx.EventHandler[rx.event.no_args_event_spec]


def start_with_file() -> rx.Component:
    """The first step by a file, whose facts fill in the search and the draft."""
    state = SellState
    drop = Drop.create(
        field="upload",
        file_ids=state.file_ids,
        filled=state.found.keys(),
        currency=state.currency,
        on_files=state.start_with_files,
        on_undo=state.undo_found,
    )
    return rx.el.details(
        rx.el.summary(TEXT["start"], class_name=f"{styles.LINK_ALONE} cursor-pointer"),
        rx.el.div(drop, _attached(), class_name="grid gap-3 pt-1"),
    )


def delivery_fields() -> rx.Component:
    """The ways to have a ticket; the fields of each show when it is chosen (promise.css)."""
    state = SellState
    panels: dict[str, rx.Component] = {
        DeliveryMethod.FILE: _panel(_drop(), _attached()),
        DeliveryMethod.TRANSFER: _panel(
            _issuer(), _day("transferOn", state.form.transferOn, TEXT["transfer_hint"])
        ),
        DeliveryMethod.FILE_LATER: _panel(_day("readyOn", state.form.readyOn)),
        DeliveryMethod.LINK: _panel(_link(), _attached()),
    }
    ways = [_way(value, panels.get(value)) for value in WAYS]
    return rx.el.fieldset(
        rx.el.legend(TEXT["how"], class_name="font-medium mb-1.5"),
        *ways,
        error_line("delivery", state.shown_errors),
        class_name="grid gap-1",
    )


def _way(value: str, panel: rx.Component | None) -> rx.Component:
    state = SellState
    label, hint = WAYS[value]
    choice = rx.el.label(
        rx.el.input(
            type="radio",
            name="delivery",
            value=value,
            default_checked=state.form.delivery == value,
            class_name="flex-none size-5 mt-0.5 accent-accent",
            custom_attrs={
                "aria-invalid": state.shown_errors.contains("delivery").to_string(),
                "aria-describedby": "delivery-error",
            },
        ),
        rx.el.span(
            rx.el.span(label, class_name="block font-medium"),
            rx.el.span(hint, class_name="block text-sm text-muted"),
            class_name="min-w-0 [overflow-wrap:anywhere]",
        ),
        class_name="flex items-start gap-3 min-h-touch px-3 py-2 rounded-control bg-surface border "
        "border-line has-checked:border-accent cursor-pointer",
    )
    return rx.el.div(choice, panel, class_name="way grid gap-2")


def _panel(*fields: rx.Component) -> rx.Component:
    return rx.el.div(*fields, class_name="way-fields gap-3 pb-3")


def _drop() -> rx.Component:
    return Drop.create(
        field="upload",
        file_ids=SellState.file_ids,
        day=SellState.event_day,
        currency=SellState.currency,
        on_files=SellState.add_files,
    )


def _issuer() -> rx.Component:
    state = SellState
    options = (
        rx.el.option(TEXT["choose_issuer"], value=""),
        *(rx.el.option(label, value=value) for value, label in ISSUERS.items()),
    )
    control = rx.el.select(
        *options, default_value=state.form.issuer, **described("issuer", state.shown_errors)
    )
    return labelled("issuer", state.shown_errors, control, label=TEXT["issuer"])


def _day(name: str, value: str, hint: str = "") -> rx.Component:
    errors = SellState.shown_errors
    return text_field(name, value, errors, hint, label=TEXT[name], type="date")


def _link() -> rx.Component:
    return text_field(
        "link",
        "",
        SellState.shown_errors,
        TEXT["link_hint"],
        label=TEXT["link"],
        auto_complete="off",
        input_mode="url",
    )


def _attached() -> rx.Component:
    state = SellState
    return rx.cond(
        state.attached.length() > 0,
        rx.el.ul(
            rx.foreach(state.attached, _file),
            aria_label=TEXT["attached"],
            class_name="grid gap-2",
        ),
    )


def _file(file: FileLine) -> rx.Component:
    page: dict[str, Any] = {"src": file.page_href, "alt": TEXT["page"], "loading": "lazy"}
    return rx.el.li(
        rx.cond(
            file.page_href != "",
            rx.el.img(
                class_name="size-14 object-cover object-top rounded-control border border-line bg-surface",
                **page,
            ),
        ),
        rx.el.div(
            rx.el.p(file.seat, class_name="font-medium"),
            rx.el.p(file.label, class_name="text-sm text-muted"),
            class_name="flex-1 min-w-0",
        ),
        rx.el.button(
            TEXT["remove"],
            type="button",
            aria_label=file.remove_label,
            on_click=SellState.remove_file(file.id),
            class_name=f"{styles.SECONDARY} text-sm",
        ),
        key=file.id,
        class_name="flex items-center gap-3 p-2 rounded-control bg-surface border border-line",
    )
