"""A button that shows at once that it was pressed."""

import reflex as rx


class PressButton(rx.Component):
    """Calls `on_press` once, and stays pressed until `refusals` changes or the page does.

    Before hydration its form is sent to `action`: boot.js repeats the press on the form that replaces it, and
    without JavaScript the server answers. `description` is the accessible name where `label` alone is ambiguous.
    """

    library = rx.asset("press.jsx", shared=True).importable_path
    tag = "PressButton"

    label: rx.Var[str]
    description: rx.Var[str]
    action: rx.Var[str]
    refusals: rx.Var[int]
    on_press: rx.EventHandler[rx.event.no_args_event_spec]

    def as_static(self) -> rx.Component:
        return rx.el.form(
            rx.el.button(
                self.label, type="submit", aria_label=self.description, class_name=self.class_name
            ),
            method="post",
            action=self.action,
            class_name="contents",
            custom_attrs={"data-press": self.action},
        )
