"""A form that outlives the server's memory of its tab."""

import reflex as rx


class PersistentForm(rx.Component):
    """Its first child once `is_ready`, until the address changes; its second child before.

    `content` names what the form was filled with; the first field that `errors` finds gets the focus.
    """

    library = rx.asset("persistent_form.jsx", shared=True).importable_path
    tag = "PersistentForm"

    is_ready: rx.Var[bool]
    content: rx.Var[str]
    errors: rx.Var[dict[str, str]]
