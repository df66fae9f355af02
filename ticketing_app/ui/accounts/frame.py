"""The frame of the account pages: a list of sections beside the open one."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.accounts.components import account_form
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import current, link
from ticketing_app.ui.theme import styles

# Labels by route, in the order of the list.
SECTIONS = {
    routes.ACCOUNT: "Profile",
    routes.ACCOUNT_SECURITY: "Security",
    routes.ACCOUNT_NOTICES: "Notices",
    routes.ACCOUNT_DATA: "Your data",
}
TEXT = {
    "sections": "Account",
    "sign_out": "Sign out",
}

_ENTRY = (
    "inline-flex items-center min-h-touch px-3 rounded-control whitespace-nowrap font-medium hover:text-accent "
    "aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
)


def account_frame(*content: rx.Component) -> rx.Component:
    """A page of the account; its content begins with `heading` of its section."""
    return layout(
        rx.el.div(
            # On phones only the bar at the top has the button.
            rx.el.div(
                _sections(),
                rx.el.div(_sign_out(), class_name="max-lg:hidden"),
                class_name="grid gap-4 min-w-0",
            ),
            rx.el.div(*content, class_name="min-w-0"),
            class_name="grid gap-5 pb-8 lg:grid-cols-[12rem_minmax(0,1fr)] lg:gap-10 items-start",
        ),
    )


def heading(section: str) -> rx.Component:
    return rx.el.h1(SECTIONS[section], class_name=styles.HEADING)


def panel(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-lg font-bold"),
        *content,
        class_name=f"{styles.PANEL} grid gap-4",
    )


def disclosure(label: str, *content: rx.Component) -> rx.Component:
    """Content that opens below a button; works without JavaScript."""
    return rx.el.details(
        rx.el.summary(label, class_name=styles.SECONDARY),
        rx.el.div(*content, class_name="pt-4"),
    )


def _sections() -> rx.Component:
    entries = (
        link(label, href=route, aria_current=current(route), class_name=_ENTRY)
        for route, label in SECTIONS.items()
    )
    return rx.el.nav(
        *entries,
        aria_label=TEXT["sections"],
        # Scrolls sideways on a phone.
        class_name="flex gap-1 overflow-x-auto lg:grid",
    )


def _sign_out() -> rx.Component:
    return account_form(
        action="/api/users/signout",
        page=routes.SIGN_OUT,
        submit=TEXT["sign_out"],
        submit_class=styles.SECONDARY,
        after=routes.TICKET_LIST,
    )
