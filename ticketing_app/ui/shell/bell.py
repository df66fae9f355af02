"""The bell of the bar, which counts live."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.icons import icon
from ticketing_app.ui.shell.link import current, link

TEXT = {
    "notices": "Notices",
    "unread": "({count} unread)",
    "one_new": "1 new notice",
    "many_new": "{count} new notices",
}
_LIBRARY = rx.asset("bell.jsx", shared=True).importable_path


class UnreadCount(rx.Component):
    """The number of unread notices, which the server read `seen_at`; screen readers read `label`."""

    library = _LIBRARY
    tag = "UnreadCount"

    unread: rx.Var[int]
    seen_at: rx.Var[int]
    label: rx.Var[str]


class NoticeAnnouncement(rx.Component):
    """Announces new notices, at most once a second: `one`, or the number of `many`."""

    library = _LIBRARY
    tag = "NoticeAnnouncement"

    unread: rx.Var[int]
    seen_at: rx.Var[int]
    one: rx.Var[str]
    many: rx.Var[str]


def bell(class_name: str) -> rx.Component:
    """The number lies above the icon: the bar keeps its width when it arrives."""
    count = {"unread": SessionState.unread, "seen_at": SessionState.unread_at}
    return rx.fragment(
        link(
            icon("bell"),
            rx.el.span(TEXT["notices"], class_name="sr-only"),
            UnreadCount.create(label=TEXT["unread"], **count),
            href=routes.NOTICES,
            aria_current=current(routes.NOTICES),
            class_name=f"{class_name} min-w-11 relative",
        ),
        NoticeAnnouncement.create(one=TEXT["one_new"], many=TEXT["many_new"], **count),
    )
