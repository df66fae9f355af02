"""The bar at the top of all pages. On phones its links are in the tab bar (tabs.py)."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.shell.audience import FOR_MEMBERS, FOR_VISITORS
from ticketing_app.ui.shell.bell import bell
from ticketing_app.ui.shell.icons import icon
from ticketing_app.ui.shell.json_form import API, JSON_FORM
from ticketing_app.ui.shell.link import current, link
from ticketing_app.ui.theme import styles

TEXT = {
    "label": "Main",
    "sign_up": "Sign Up",
    "sign_in": "Sign In",
    "orders": "My Orders",
    "listings": "My Listings",
    "sell": "Sell Tickets",
    "account": "Account",
    "sign_out": "Sign Out",
    "search": "Search tickets",
    "search_hint": "Artist, team, venue",
}

_ENTRY = (
    "inline-flex items-center justify-center min-h-touch px-2 lg:px-3 rounded-control whitespace-nowrap "
    "font-medium hover:text-accent cursor-pointer aria-[current=page]:text-accent"
)
# In the tab bar on phones.
_WIDE = f"{_ENTRY} max-sm:hidden"


def navbar(*, has_search: bool) -> rx.Component:
    return rx.el.header(
        rx.el.nav(
            _brand(),
            *([_search()] if has_search else []),
            rx.el.div(
                *([_search_link()] if has_search else []),
                link(
                    TEXT["sell"],
                    href=routes.TICKET_NEW,
                    aria_current=current(routes.TICKET_NEW),
                    class_name=_WIDE,
                ),
                *_for_visitors(),
                *_for_members(),
                class_name="ms-auto flex flex-wrap items-center justify-end min-h-touch",
            ),
            aria_label=TEXT["label"],
            # Two rows with large text or on a tiny screen.
            class_name="mx-auto max-w-page px-3 min-[390px]:px-4 flex flex-wrap items-center "
            "gap-x-2 md:gap-x-5 min-h-14",
        ),
        class_name="bg-surface border-b border-line print:hidden",
    )


def _brand() -> rx.Component:
    return link(
        _mark(),
        get_settings().brand_name,
        href=routes.TICKET_LIST,
        class_name="inline-flex items-center gap-2 min-h-touch text-xl font-extrabold tracking-tight",
    )


def _mark() -> rx.Component:
    """A small stub, as in favicon.svg."""
    return rx.el.svg(
        rx.el.path(
            class_name="fill-current",
            d="M3 8a2 2 0 0 1 2-2h22a2 2 0 0 1 2 2v4a4 4 0 0 0 0 8v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4a4 4 0 0 0 0-8z",
        ),
        rx.el.path(d="M20 7v18", class_name="stroke-surface stroke-2 [stroke-dasharray:2.5_2.5]"),
        rx.el.path(d="M8 12h8v2.4H8zm0 5h5.5v2.4H8z", class_name="fill-surface"),
        view_box="0 0 32 32",
        aria_hidden="true",
        class_name="flex-none size-7 sm:size-8 text-accent",
    )


def _search() -> rx.Component:
    """A plain form: it works in the document, and without JavaScript."""
    return rx.el.form(
        rx.el.input(
            type="search",
            name="q",
            aria_label=TEXT["search"],
            placeholder=TEXT["search_hint"],
            class_name=f"{styles.FIELD} ps-10",
        ),
        icon("search", "size-5 absolute start-3 top-3 text-muted pointer-events-none"),
        role="search",
        method="get",
        action=routes.SEARCH,
        class_name="relative flex-1 min-w-40 max-w-sm max-md:hidden",
    )


def _search_link() -> rx.Component:
    return link(
        icon("search"),
        rx.el.span(TEXT["search"], class_name="sr-only"),
        href=routes.SEARCH,
        class_name=f"{_ENTRY} min-w-11 md:hidden",
    )


def _for_visitors() -> list[rx.Component]:
    """Links that load the page: the visitor may have signed in in another tab."""
    return [
        link(
            TEXT[name],
            href=href,
            reload_document=True,
            aria_current=current(href),
            class_name=f"{_WIDE} {FOR_VISITORS}",
            data_keep_next="",
        )
        for name, href in (("sign_up", routes.SIGN_UP), ("sign_in", routes.SIGN_IN))
    ]


def _for_members() -> list[rx.Component]:
    places = {
        "orders": routes.ORDER_LIST,
        "listings": routes.TICKET_MINE,
        "account": routes.ACCOUNT,
    }
    return [
        *(
            link(
                TEXT[name],
                href=href,
                aria_current=current(href),
                # The account page and the form link to it where there is no room.
                class_name=f"{_WIDE} {FOR_MEMBERS} {'max-lg:hidden' if name == 'listings' else ''}",
            )
            for name, href in places.items()
        ),
        rx.el.div(bell(_ENTRY), class_name=FOR_MEMBERS),
        sign_out_form(),
    ]


def sign_out_form() -> rx.Component:
    """A real POST: other sites and prefetching could follow a link."""
    return rx.el.form(
        rx.el.button(TEXT["sign_out"], type="submit", class_name=_ENTRY),
        rx.el.p(
            role="alert",
            custom_attrs={"data-error-for": ""},
            class_name=f"{styles.ALERT} fixed top-3 inset-x-4 mx-auto z-20 empty:hidden",
        ),
        method="post",
        action=routes.SIGN_OUT,
        custom_attrs={JSON_FORM: routes.TICKET_LIST, API: "/api/users/signout"},
        class_name=FOR_MEMBERS,
    )
