"""The way to the page of the door, for orders with opened tickets."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

SHOW_ONE = "Show ticket"
SHOW_SEVERAL = "Show tickets"


class KeepTickets(rx.Component):
    """Keeps the opened tickets of these orders on the device, for the entrance."""

    library = rx.asset("keep.jsx", shared=True).importable_path
    tag = "KeepTickets"

    order_ids: rx.Var[list[str]]


def show_ticket(
    order_id: rx.Var[str] | str,
    label: rx.Var[str] | str = SHOW_ONE,
    class_name: str = styles.PRIMARY,
) -> rx.Component:
    """A link with a page load, because the page is none of the app's; the tickets are kept at once."""
    return rx.fragment(
        KeepTickets.create(order_ids=rx.Var.create([order_id])),
        door_link(order_id, label, class_name),
    )


def door_link(
    order_id: rx.Var[str] | str,
    label: rx.Var[str] | str = SHOW_ONE,
    class_name: str = styles.PRIMARY,
) -> rx.Component:
    # The router does not know the page.
    return link(
        label, href=f"{routes.DOOR}#{order_id}", reload_document=True, class_name=class_name
    )
