import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "title": "Page not found",
    "more": "There is nothing at this address. It may have been taken down.",
    "home": "See tickets for sale",
}


def not_found_page() -> rx.Component:
    return layout(
        rx.el.div(
            rx.el.div(class_name="blank"),
            rx.el.h1(TEXT["title"], class_name=styles.HEADING),
            rx.el.p(TEXT["more"], class_name="text-muted"),
            link(TEXT["home"], href=routes.TICKET_LIST, class_name=styles.PRIMARY),
            class_name=styles.EMPTY_STATE,
        ),
    )
