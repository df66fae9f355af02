"""A form of one button that shows at once that it was pressed."""

from typing import cast

import reflex as rx

from ticketing_app.ui.static_html import literal_value


class PressForm(rx.Component):
    """Calls `on_press` once with its fields, and stays pressed until `refusals` changes or the page does.

    `fields` are hidden; the children may contain others. Before hydration its form is sent to `action`: boot.js
    repeats the press on the form with the same `form_key` that replaces it, and without JavaScript the server
    answers. `description` is the accessible name where `label` alone is ambiguous.
    """

    library = rx.asset("press.jsx", shared=True).importable_path
    tag = "PressForm"

    form_key: rx.Var[str]
    action: rx.Var[str]
    fields: rx.Var[dict[str, str]]
    label: rx.Var[str]
    description: rx.Var[str]
    refusals: rx.Var[int]
    on_press: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, str])]

    def as_static(self) -> rx.Component:
        fields = cast("dict[str, str]", literal_value(self.fields))
        named = {"aria-label": self.description} if literal_value(self.description) else {}
        return rx.el.form(
            # Reflex wraps the `value` of an input in an expression.
            *(
                rx.el.input(type="hidden", name=name, custom_attrs={"value": value})
                for name, value in fields.items()
            ),
            *self.children,
            rx.el.button(self.label, type="submit", class_name=self.class_name, custom_attrs=named),
            method="post",
            action=self.action,
            class_name="contents",
            custom_attrs={"data-press": self.form_key},
        )
