"""Open tasks of a seller, above their listings."""

from typing import Any

import reflex as rx

from ticketing_app.ui.sales.views import ToDoView
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {"heading": "To do"}
_HEADING_ID = "to-do"
_LINK = "inline-flex items-center min-h-touch font-semibold hover:underline"


def to_do_part(to_do: rx.vars.ArrayVar[Any]) -> rx.Component:
    return rx.cond(
        to_do.length() > 0,
        rx.el.section(
            rx.el.h2(TEXT["heading"], id=_HEADING_ID, class_name="text-lg font-bold"),
            rx.el.ul(rx.foreach(to_do, _line), class_name="grid"),
            aria_labelledby=_HEADING_ID,
            class_name=f"{styles.PANEL} grid gap-1",
        ),
    )


def _line(each: ToDoView) -> rx.Component:
    colour = rx.cond(each.is_late, f"{_LINK} text-wait", f"{_LINK} text-accent")
    return rx.el.li(
        link(each.text, href=each.href, class_name=colour),
        rx.el.p(each.title, class_name="text-sm text-muted pb-2"),
        class_name="border-b border-line last:border-0",
        key=each.id,
    )
