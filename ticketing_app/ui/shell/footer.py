"""The footer of all pages. It lists only existing pages."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {
    "tagline": "Tickets from people who cannot go to people who want to.",
    "pay": "You pay the price that you saw, once, and only if the tickets are sold to you.",
    "help_with": "Help",
    "how": "How it works",
    "guarantee": "Guarantee",
    "fees": "Fees",
    "help": "Help topics",
    "contact": "Contact",
    "site": "About",
    "terms": "Terms",
    "privacy": "Privacy",
    "imprint": "Imprint",
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
                rx.el.p(TEXT["pay"], class_name="text-muted"),
                class_name="grid gap-1 content-start max-w-text max-sm:col-span-full",
            ),
            _part(
                TEXT["help_with"],
                _document("how", routes.HOW_IT_WORKS),
                _document("help", routes.HELP),
                _document("guarantee", routes.GUARANTEE),
                _document("fees", routes.FEES),
                _document("contact", routes.CONTACT),
                class_name="max-sm:row-span-2",
            ),
            _part(
                TEXT["site"],
                _document("terms", routes.TERMS),
                _document("privacy", routes.PRIVACY),
                _document("imprint", routes.IMPRINT),
            ),
            _part(
                TEXT["more"],
                link(TEXT["browse"], href=routes.TICKET_LIST, class_name=styles.LINK_ALONE),
                _document("api", API_DOCS),
                _attribution(),
            ),
            class_name="mx-auto max-w-page px-4 py-8 grid gap-x-6 gap-y-8 grid-cols-2 "
            "sm:grid-cols-[2fr_1fr_1fr_auto]",
        ),
        class_name="mt-8 bg-surface border-t border-line text-sm print:hidden",
    )


def _document(label: str, href: str) -> rx.Component:
    """A link that loads the page: its text is that of the document, or it is no page of the router."""
    return link(TEXT[label], href=href, reload_document=True, class_name=styles.LINK_ALONE)


def _part(title: str, *content: rx.Component, class_name: str = "") -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="text-base font-bold"),
        *content,
        class_name=f"grid gap-1 content-start justify-items-start {class_name}",
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
