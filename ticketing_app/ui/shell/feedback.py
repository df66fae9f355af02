"""Feedback of a page: loading, empty, refused, unavailable."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.session import PageState
from ticketing_app.ui.shell.clock import Retry
from ticketing_app.ui.shell.link import here, link
from ticketing_app.ui.shell.persistent_form import PersistentForm
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.static_html import cond
from ticketing_app.ui.theme import styles

TEXT = {
    "loading": "Loading",
    "retry": "Try again",
    "home": "See tickets for sale",
    "away": "We can't reach our servers right now",
    "away_more": "Nothing is lost. This page tries again by itself.",
    "no_page": "There is nothing to show",
    "offline": "We can't reach the server right now; nothing is lost. Trying again.",
}


def callout(text: rx.Var[str] | str, **props: Any) -> rx.Component:  # noqa: ANN401  # any attribute
    """An error message that screen readers announce and that stays in view while the page is scrolled."""
    return rx.el.div(
        text, role="alert", class_name=f"{styles.ALERT} sticky top-3 z-20 mb-6", **props
    )


def error_message(state: type[PageState]) -> rx.Component:
    return rx.cond(state.error_message != "", callout(state.error_message))


def skeleton(*shapes: rx.Component) -> rx.Component:
    """The placeholder of a page that is loading, in the shapes of its content."""
    return rx.el.div(
        rx.el.h1(TEXT["loading"], class_name="sr-only"),
        rx.el.div(class_name="skeleton h-8 w-2/3 max-w-form"),
        *shapes,
        class_name="grid gap-5",
        aria_busy="true",
    )


def stub_shape() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="skeleton"),
            rx.el.div(
                rx.el.div(class_name="skeleton h-5 w-3/4"),
                rx.el.div(class_name="skeleton h-4 w-full"),
                rx.el.div(class_name="skeleton h-4 w-1/2"),
                class_name="p-3 sm:p-4 grid gap-2 content-center min-h-28",
            ),
            rx.el.div(
                rx.el.div(class_name="skeleton h-6 w-16"),
                rx.el.div(class_name="skeleton h-5 w-20"),
                class_name="stub-price",
            ),
            class_name="stub",
        ),
        class_name="stub-shadow",
    )


def row_shapes() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(class_name="skeleton h-24 rounded-stub") for _ in range(4)),
        class_name="grid gap-3",
    )


def field_shapes(count: int) -> rx.Component:
    return rx.el.div(
        *(
            rx.el.div(
                rx.el.div(class_name="skeleton h-5 w-24"),
                rx.el.div(class_name="skeleton h-11"),
                class_name="grid gap-2",
            )
            for _ in range(count)
        ),
        class_name="grid gap-5 max-w-form",
    )


def empty(title: str, more: str, action: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="blank"),
        rx.el.p(title, class_name="text-lg font-semibold"),
        rx.el.p(more, class_name="text-muted"),
        action,
        class_name=styles.EMPTY_STATE,
    )


def loaded(
    state: type[PageState],
    load: rx.event.EventType[()],
    content: rx.Component,
    shown_id: str = "",
    form_content: str | None = None,
    shape: rx.Component | None = None,
) -> rx.Component:
    """Show `content` once it is loaded; until then a skeleton, or the error.

    `shown_id` is the part of the address that `content` belongs to. With `form_content`, the key of its
    values, a form keeps its input. The skeleton has `shape` below its heading.
    """
    is_shown = state.is_loaded & here.lower().contains(shown_id)
    shown = rx.el.div(error_message(state), content)
    otherwise = rx.cond(
        state.error_message != "",
        failed(state.error_message, load, is_unavailable=state.is_unavailable),
        Prerendered.around(skeleton(shape or stub_shape())),
    )
    return rx.fragment(
        rx.cond(state.is_unavailable, Retry.create(on_retry=load)),
        rx.cond(is_shown, shown, otherwise)
        if form_content is None
        else PersistentForm.create(
            shown, otherwise, is_ready=is_shown, content=form_content, errors=state.errors
        ),
    )


def failed(
    error: str, load: rx.event.EventType[()], *, is_unavailable: rx.Var[bool] | bool
) -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="blank"),
        rx.el.h1(cond(is_unavailable, TEXT["away"], TEXT["no_page"]), class_name=styles.HEADING),
        rx.el.p(cond(is_unavailable, TEXT["away_more"], error), role="alert"),
        cond(
            is_unavailable,
            rx.el.button(TEXT["retry"], type="button", on_click=load, class_name=styles.PRIMARY),
            link(TEXT["home"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
        ),
        class_name=styles.EMPTY_STATE,
    )


def connection_banner() -> rx.Component:
    """A banner while the websocket is down; Reflex reconnects by itself."""
    banner = rx.el.p(TEXT["offline"], class_name=styles.OFFLINE)
    # Always rendered, so that screen readers announce its changes; in a fragment, because Reflex puts the page
    # inside.
    return rx.fragment(rx.el.div(rx.connection_banner(banner), role="status"))
