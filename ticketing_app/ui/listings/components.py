"""Parts of the seller's form."""

from typing import Any

import reflex as rx

from ticketing_app.ui.tickets.components import date_block, facts
from ticketing_app.ui.tickets.views import TicketStub

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("form_watch.jsx", shared=True).importable_path

TEXT = {"preview": "What buyers see", "free": "Available"}


def _typed(
    form: rx.Var[dict[str, Any]], names: rx.Var[list[str]]
) -> tuple[rx.Var[dict[str, Any]], rx.Var[list[str]]]:
    return form, names


class OnFormInput(rx.Component):
    """Calls `on_form_input` with the values of the surrounding form and the names of the edited fields."""

    library = LIBRARY
    tag = "OnFormInput"

    on_form_input: rx.EventHandler[_typed]


class OwnTimezone(rx.Component):
    """Fills an empty `field` of the surrounding form with the device's time zone."""

    library = LIBRARY
    tag = "OwnTimezone"

    field: rx.Var[str]


class PriceField(rx.Component):
    """The price of a listing in its row; a new `value` replaces the text, unless that was edited."""

    library = rx.asset("price_field.jsx", shared=True).importable_path
    tag = "PriceField"

    value: rx.Var[str]
    is_refused: rx.Var[bool]
    described_by: rx.Var[str]


def stub_preview(preview: TicketStub) -> rx.Component:
    """A preview of the listing in the list."""
    return rx.el.section(
        rx.el.h2(TEXT["preview"], id="preview", class_name="font-medium"),
        offered_stub(preview),
        aria_labelledby="preview",
        class_name="grid gap-2",
    )


def offered_stub(stub: TicketStub) -> rx.Component:
    """A ticket as buyers will see it."""
    return rx.el.div(
        rx.el.div(
            date_block(stub),
            rx.el.div(
                rx.el.p(
                    stub.title,
                    class_name="text-base sm:text-lg font-semibold leading-snug",
                ),
                facts(stub),
                class_name="p-3 sm:p-4 min-w-0 grid gap-1 content-center",
            ),
            rx.el.div(
                rx.el.span(stub.price, class_name="sm:text-xl font-bold"),
                rx.el.span(
                    TEXT["free"], class_name="badge", custom_attrs={"data-status": "available"}
                ),
                class_name="stub-price",
            ),
            class_name="stub",
        ),
        class_name="stub-shadow",
        custom_attrs={"data-category": stub.category},
    )
