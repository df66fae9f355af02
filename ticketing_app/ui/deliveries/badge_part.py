"""The badge of an offer, and the promise in words."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from ticketing_app.ui.static_html import cond, each

TEXT = {"label": "Delivery: "}


def delivery_badge(label: rx.Var[str] | str, *, is_checked: rx.Var[bool] | bool) -> rx.Component:
    return rx.el.p(
        rx.el.span(TEXT["label"], class_name="sr-only"),
        label,
        class_name="delivery-badge",
        custom_attrs={"data-checked": cond(is_checked, "true", "false")},
    )


def promise(
    label: rx.Var[str] | str,
    lines: Sequence[str] | rx.vars.ArrayVar[Any],
    *,
    is_checked: rx.Var[bool] | bool,
) -> rx.Component:
    """How and by when a ticket is delivered, for a buyer before paying."""
    return rx.el.div(
        delivery_badge(label, is_checked=is_checked),
        each(lines, _line),
        class_name="grid gap-1",
    )


def _line(line: rx.Var[str] | str) -> rx.Component:
    return rx.el.p(line, class_name="text-sm", key=line)
