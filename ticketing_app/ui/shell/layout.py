import reflex as rx

from ticketing_app.ui.live.components import OnSession
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.clock import Retry
from ticketing_app.ui.shell.feedback import callout
from ticketing_app.ui.shell.focus import Focus, SkipLink
from ticketing_app.ui.shell.navbar import navbar
from ticketing_app.ui.theme import styles

TEXT = {
    "skip": "Skip to content",
    "no_script": "You can look around without JavaScript. To buy or sell, please switch it on.",
}


def layout(*children: rx.Component, is_narrow: bool = False) -> rx.Component:
    width = "max-w-form" if is_narrow else "max-w-page"
    return rx.el.div(
        SkipLink.create(TEXT["skip"], class_name=f"sr-only focus:not-sr-only {styles.LINK}"),
        navbar(),
        Focus.create(),
        rx.cond(SessionState.email != "", OnSession.create(on_change=SessionState.check)),
        rx.el.main(
            rx.el.noscript(rx.el.p(TEXT["no_script"], class_name=f"{styles.PANEL} mb-6")),
            rx.cond(
                SessionState.is_known,
                None,
                rx.cond(SessionState.notice != "", Retry.create(on_retry=SessionState.load)),
            ),
            rx.cond(SessionState.notice != "", callout(SessionState.notice)),
            *children,
            id="main",
            tab_index=-1,
            class_name=f"w-full mx-auto {width} px-4 pt-6 sm:pt-8 flex-1",
        ),
        class_name="min-h-dvh flex flex-col gap-0",
    )
