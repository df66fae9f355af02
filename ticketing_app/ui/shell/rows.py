"""A personal list, page by page."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from ticketing_app.ui.theme import styles

MORE = "Load more"
# Limit of the rows in a tab's state: each page sends all of them again.
MAX_ROWS = 480


def rows(
    items: rx.vars.ArrayVar[Any],
    draw: Callable[[Any], rx.Component],
    *,
    has_more: rx.Var[bool] | bool,
    on_more: rx.event.EventType[()],
    nothing: rx.Component,
) -> rx.Component:
    more = rx.el.button(MORE, type="button", on_click=on_more, class_name=styles.SECONDARY)
    return rx.cond(
        items.length() > 0,
        rx.fragment(
            rx.el.ul(rx.foreach(items, draw), class_name="grid gap-3"), rx.cond(has_more, more)
        ),
        nothing,
    )
