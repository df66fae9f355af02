import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.live.components import OnSession
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.audience import Audience
from ticketing_app.ui.shell.clock import Retry
from ticketing_app.ui.shell.feedback import callout
from ticketing_app.ui.shell.focus import Focus, SkipLink
from ticketing_app.ui.shell.footer import footer
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.shell.navbar import navbar
from ticketing_app.ui.shell.tabs import tabs
from ticketing_app.ui.theme import styles

TEXT = {
    "skip": "Skip to content",
    "no_script": "You can look around and hold a ticket without JavaScript. To pay or sell, please switch it on. ",
    "sign_out": "Sign out of this device",
    "mail_before": "Mail to ",
    "mail_after": " comes back. ",
    "change_address": "Change your address",
}


def layout(
    *children: rx.Component, is_narrow: bool = False, has_search: bool = True
) -> rx.Component:
    """The frame of a page; without `has_search` if the page has a search field of its own."""
    width = "max-w-form" if is_narrow else "max-w-page"
    is_member = SessionState.email != ""
    return rx.el.div(
        SkipLink.create(TEXT["skip"], class_name=f"sr-only focus:not-sr-only {styles.LINK}"),
        navbar(has_search=has_search),
        tabs(),
        Focus.create(),
        Audience.create(is_known=SessionState.is_known, is_member=is_member),
        rx.cond(is_member, OnSession.create(on_change=SessionState.check)),
        rx.el.main(
            rx.el.noscript(_no_script()),
            rx.cond(
                SessionState.is_known,
                None,
                rx.cond(SessionState.notice != "", Retry.create(on_retry=SessionState.load)),
            ),
            rx.cond(SessionState.notice != "", callout(SessionState.notice)),
            rx.cond(SessionState.is_suppressed, _suppressed()),
            *children,
            id="main",
            tab_index=-1,
            # The footer begins below the first screen: it does not shift when the content loads.
            class_name=f"w-full mx-auto {width} px-4 pt-6 sm:pt-8 flex-1 min-h-[calc(100dvh-3.5rem)]",
        ),
        footer(),
        class_name="min-h-[calc(100dvh-var(--dock)-var(--actions))] flex flex-col gap-0",
    )


def _suppressed() -> rx.Component:
    return rx.el.p(
        TEXT["mail_before"],
        rx.el.strong(SessionState.email),
        TEXT["mail_after"],
        link(TEXT["change_address"], href=routes.ACCOUNT, class_name=styles.LINK),
        class_name=f"{styles.ALERT} mb-6",
    )


def _no_script() -> rx.Component:
    return rx.el.p(
        TEXT["no_script"],
        link(TEXT["sign_out"], href=routes.SIGN_OUT, reload_document=True, class_name=styles.LINK),
        class_name=f"{styles.PANEL} mb-6",
    )
