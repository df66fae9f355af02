"""The page of a sale, where its seller sends the tickets."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.sales.state import SaleState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import plain_stub
from ticketing_app.vault.rules import MAX_UPLOAD_BYTES

TEXT = {
    "where": "Where to",
    "name": "Name",
    "email": "Email",
    "phone": "Mobile number",
    "how": "How",
    "done": "When it is done",
    "reference": "Confirmation number",
    "or": "or, instead of the number or with it:",
    "mark": "Mark as sent",
    "hand_over": "Hand over to the buyer",
    "listings": "My Listings",
}
UPLOAD_TEXT = {
    "choose": "Choose files",
    "done": "{count} uploaded",
    "failed": "That did not arrive. Please try again.",
    "heic": "Save it as JPEG, or take a screenshot.",
    "tooLarge": "This file is too large (at most 10 MB).",
}
PROOF_TEXT = UPLOAD_TEXT | {"choose": "Add a screenshot", "done": "Screenshot added"}
ACCEPTED = "application/pdf,image/jpeg,image/png,.pkpass"
_CLASSES = {
    "box": "grid gap-2 justify-items-start",
    "action": f"{styles.SECONDARY} has-[:focus-visible]:outline-3 has-[:focus-visible]:outline-accent",
    "progress": "w-full max-w-form accent-accent",
    "status": "text-good font-medium empty:hidden",
    "problem": "text-bad font-medium empty:hidden",
}


class SendFiles(rx.Component):
    """Uploads files; `on_files` gets the ids of the tickets in them, at most `most`."""

    library = rx.asset("send_files.jsx", shared=True).importable_path
    tag = "SendFiles"

    field: rx.Var[str]
    accept: rx.Var[str]
    max_bytes: rx.Var[int]
    most: rx.Var[int]
    text: rx.Var[dict[str, str]]
    classes: rx.Var[dict[str, str]]
    on_files: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]


def sale_page() -> rx.Component:
    state = SaleState
    return layout(
        OnLive.create(on_change=state.refresh),
        feedback.loaded(state, state.load, _sale(), state.sale.id),
    )


def _sale() -> rx.Component:
    sale = SaleState.sale
    return rx.el.article(
        rx.el.h1(sale.heading, class_name=f"{styles.HEADING} in-head"),
        rx.el.div(
            rx.el.p(sale.lead, class_name="text-lg max-w-text"),
            rx.el.p(sale.title, class_name="font-semibold"),
            plain_stub(SaleState.stub, rx.el.span(sale.price, class_name="sm:text-xl font-bold")),
            rx.cond(sale.count > 1, rx.el.p(sale.seats, class_name="text-muted empty:hidden")),
            rx.el.p(sale.reference, class_name="text-muted break-words empty:hidden"),
            rx.cond(sale.has_address, _address()),
            rx.cond(sale.can_send | sale.can_upload, _steps()),
            rx.cond(sale.can_send, _proof()),
            rx.cond(sale.can_upload, _files()),
            link(
                TEXT["listings"],
                href=routes.TICKET_MINE,
                class_name=f"{styles.SECONDARY} w-fit",
            ),
            class_name="in-main",
        ),
        class_name="columns",
    )


def _address() -> rx.Component:
    sale = SaleState.sale
    return _panel(
        TEXT["where"],
        rx.el.dl(
            _row(TEXT["name"], sale.name),
            rx.cond(sale.email != "", _row(TEXT["email"], sale.email)),
            rx.cond(sale.phone != "", _row(TEXT["phone"], sale.phone)),
            class_name="grid gap-2",
        ),
    )


def _row(name: str, value: rx.Var[str] | str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-sm text-muted"),
        rx.el.dd(value, class_name="font-semibold select-all [overflow-wrap:anywhere]"),
    )


def _steps() -> rx.Component:
    return _panel(
        TEXT["how"],
        rx.el.ol(
            rx.foreach(SaleState.sale.steps, rx.el.li),
            class_name="list-decimal pl-5 grid gap-1",
        ),
    )


def _proof() -> rx.Component:
    errors = SaleState.errors
    return _panel(
        TEXT["done"],
        rx.el.form(
            rx.el.label(TEXT["reference"], html_for="reference", class_name="font-medium"),
            rx.el.input(
                id="reference",
                name="reference",
                auto_complete="off",
                aria_invalid=errors.contains("reference").to_string(),
                aria_describedby="reference-error",
                class_name=f"{styles.FIELD} max-w-form",
            ),
            rx.el.p(
                rx.cond(errors.contains("reference"), errors["reference"], ""),
                id="reference-error",
                role="alert",
                class_name="text-bad font-medium empty:hidden",
            ),
            rx.el.p(TEXT["or"], class_name="text-sm text-muted"),
            _upload("proof", PROOF_TEXT, 1),
            rx.el.button(TEXT["mark"], type="submit", class_name=f"{styles.PRIMARY} w-fit"),
            on_submit=SaleState.mark_sent,
            class_name="grid gap-3",
        ),
    )


def _files() -> rx.Component:
    return _panel(
        TEXT["done"],
        _upload("files", UPLOAD_TEXT, SaleState.sale.count),
        rx.el.p(
            rx.cond(SaleState.errors.contains("fileIds"), SaleState.errors["fileIds"], ""),
            role="alert",
            class_name="text-bad font-medium empty:hidden",
        ),
        rx.el.button(
            TEXT["hand_over"],
            type="button",
            on_click=SaleState.hand_over,
            class_name=f"{styles.PRIMARY} w-fit",
        ),
    )


def _upload(field: str, text: dict[str, str], most: rx.Var[int] | int) -> rx.Component:
    return SendFiles.create(
        field=field,
        accept=ACCEPTED,
        max_bytes=MAX_UPLOAD_BYTES,
        most=most,
        text=text,
        classes=_CLASSES,
        on_files=SaleState.set_files,
    )


def _panel(heading: str, *content: Any) -> rx.Component:  # noqa: ANN401  # components
    return rx.el.section(
        rx.el.h2(heading, class_name="text-lg font-bold"),
        *content,
        class_name=f"{styles.PANEL} grid gap-3",
    )
