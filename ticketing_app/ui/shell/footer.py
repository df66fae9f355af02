"""The footer of all pages. It lists only existing pages."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "tagline": "Tickets from people who cannot go to people who want to.",
    "how": "How it works",
    "hold": "Purchase locks tickets for you while you pay: nobody else can buy them in that time.",
    "pay": "You pay the price that you saw, once, and only if the tickets become yours.",
    "more": "More",
    "browse": "Browse tickets",
    "api": "API for developers",
    "cities": "City data: ",
    "source": "GeoNames",
    "licence": "CC BY 4.0",
}
API_DOCS = "/api/docs"
GEONAMES = "https://www.geonames.org/"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.el.div(
                rx.el.p(get_settings().brand_name, class_name="text-lg font-extrabold"),
                rx.el.p(TEXT["tagline"], class_name="text-muted"),
                class_name="grid gap-1 content-start",
            ),
            _part(
                TEXT["how"],
                rx.el.p(TEXT["hold"], class_name="text-muted"),
                rx.el.p(TEXT["pay"], class_name="text-muted"),
            ),
            _part(
                TEXT["more"],
                link(TEXT["browse"], href=routes.TICKET_LIST, class_name=styles.LINK_ALONE),
                # Not a page of the router.
                link(
                    TEXT["api"],
                    href=API_DOCS,
                    reload_document=True,
                    class_name=styles.LINK_ALONE,
                ),
                _attribution(),
            ),
            class_name="mx-auto max-w-page px-4 py-8 grid gap-8 sm:grid-cols-[1fr_2fr_auto]",
        ),
        class_name="mt-8 bg-surface border-t border-line text-sm print:hidden",
    )


def _part(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-base font-bold"),
        *content,
        class_name="grid gap-1 content-start justify-items-start",
    )


def _attribution() -> rx.Component:
    return rx.el.p(
        TEXT["cities"],
        rx.el.a(TEXT["source"], href=GEONAMES, rel="external", class_name=styles.LINK),
        " (",
        rx.el.a(TEXT["licence"], href=CC_BY, rel="license", class_name=styles.LINK),
        ")",
        class_name="text-muted",
    )
