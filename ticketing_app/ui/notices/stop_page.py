"""The page of the link in mails that stops mails of their kind: signed out, and without JavaScript.

Opening it changes nothing, because scanners of mails follow links.
"""

import reflex as rx
from starlette.datastructures import QueryParams

from ticketing_app import routes
from ticketing_app.notices.service import stopping
from ticketing_app.ui import static_html
from ticketing_app.ui.notices.views import kind_label
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import Prerendered
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "Stop these mails",
    "question": "You get no more mails of this kind:",
    "stop": "Stop these mails",
    "stopped": "These mails are stopped",
    "stopped_more": "You get no more mails of this kind:",
    "bell": "The bell on the site still shows the notices.",
    "choose": "Choose all your notices",
}
# The address is a secret of its reader. Without any referrer, browsers would send the form with `Origin: null`.
HEADERS = {"cache-control": "no-store", "referrer-policy": "same-origin"}


def notice_stop_page() -> rx.Component:
    return layout(Prerendered.around(stop_content("")), is_narrow=True)


async def load_stop(_: QueryParams, token: str) -> PageContent:
    """Raises StopLinkInvalidError."""
    return stopped_page(stop_content(stopping.read_token(token).kind))


def stopped_page(content: rx.Component) -> PageContent:
    return PageContent(html=static_html.render(content), headers=HEADERS)


def stop_content(kind: str, *, is_stopped: bool = False) -> rx.Component:
    button = rx.el.form(
        rx.el.button(TEXT["stop"], type="submit", class_name=styles.PRIMARY), method="post"
    )
    choose = rx.el.a(TEXT["choose"], href=routes.ACCOUNT_NOTICES, class_name=styles.LINK_ALONE)
    return rx.el.div(
        rx.el.h1(TEXT["stopped" if is_stopped else "title"], class_name=styles.HEADING),
        rx.el.p(TEXT["stopped_more" if is_stopped else "question"]),
        rx.el.p(rx.el.strong(kind_label(kind))),
        rx.el.p(TEXT["bell"], class_name="text-muted"),
        choose if is_stopped else button,
        class_name="grid gap-4 justify-items-start",
    )
