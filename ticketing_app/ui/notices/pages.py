"""The page of the caller's notices."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.notices.state import NoticeListState
from ticketing_app.ui.notices.views import NoticeRow
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.rows import MORE
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "Notices",
    "choose": "Choose what you get",
    "mark_all": "Mark all as read",
    "unread": "Unread: ",
    "none": "No notices yet",
    "none_more": "When somebody buys your ticket, or an order of yours changes, it is here.",
    "browse": "See tickets for sale",
}


def notice_list_page() -> rx.Component:
    state = NoticeListState
    nothing = feedback.empty(
        TEXT["none"],
        TEXT["none_more"],
        link(TEXT["browse"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
    )
    more = rx.el.button(MORE, type="button", on_click=state.load_more, class_name=styles.SECONDARY)
    listed = rx.fragment(
        rx.el.ul(
            rx.foreach(state.rows, _notice),
            class_name="panel rounded-stub shadow-soft max-w-text grid",
        ),
        rx.cond(state.has_more, rx.el.div(more)),
    )
    content = rx.el.div(
        _head(),
        rx.cond(state.rows.length() > 0, listed, nothing),
        class_name="grid gap-5 pb-8",
    )
    return layout(
        OnLive.create(only_notices=True, on_change=state.refresh),
        feedback.loaded(state, state.load, content, shape=feedback.row_shapes()),
    )


def _head() -> rx.Component:
    mark_all = rx.el.button(
        TEXT["mark_all"],
        type="button",
        on_click=NoticeListState.mark_all_read,
        class_name=styles.SECONDARY,
    )
    return rx.el.div(
        rx.el.h1(TEXT["title"], class_name=f"{styles.HEADING} grow"),
        rx.cond(SessionState.unread > 0, mark_all),
        link(TEXT["choose"], href=routes.ACCOUNT_NOTICES, class_name=styles.LINK_ALONE),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-2 max-w-text",
    )


def _notice(row: NoticeRow) -> rx.Component:
    unread = rx.fragment(
        rx.el.span(class_name="block size-2.5 rounded-full bg-accent", aria_hidden="true"),
        rx.el.span(TEXT["unread"], class_name="sr-only"),
    )
    return rx.el.li(
        link(
            rx.el.span(rx.cond(row.is_read, None, unread), class_name="self-center row-start-1"),
            rx.el.span(row.text, class_name=rx.cond(row.is_read, "", "font-semibold")),
            rx.el.time(
                row.at,
                date_time=row.at_iso,
                class_name="col-start-2 sm:col-start-3 text-sm text-muted tabular-nums",
            ),
            href=row.path,
            on_click=NoticeListState.open(row.id),
            class_name="grid grid-cols-[0.75rem_minmax(0,1fr)] sm:grid-cols-[0.75rem_minmax(0,1fr)_auto] "
            "items-baseline gap-x-3 px-4 py-3 min-h-touch hover:text-accent",
        ),
        key=row.id,
        class_name="border-t border-line first:border-t-0",
    )
