"""A form that keeps its input while the server's state of the tab is lost and loaded again."""

import reflex as rx


class PersistentForm(rx.Component):
    """Shows its first child once `is_ready`, until the address changes; its second child before.

    A new `content` key resets the form; the first invalid field gets the focus when `errors` change.
    """

    library = rx.asset("persistent_form.jsx", shared=True).importable_path
    tag = "PersistentForm"

    is_ready: rx.Var[bool]
    content: rx.Var[str]
    errors: rx.Var[dict[str, str]]
