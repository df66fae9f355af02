import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.json_form import JSON_FORM
from ticketing_app.ui.shell.link import link
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
}

_ENTRY = (
    "inline-flex items-center min-h-touch px-1 min-[390px]:px-1.5 sm:px-3 rounded-control whitespace-nowrap "
    "text-sm sm:text-base font-medium hover:text-accent cursor-pointer"
)


def navbar() -> rx.Component:
    return rx.el.header(
        rx.el.nav(
            _brand(),
            rx.el.div(
                rx.cond(
                    SessionState.is_known,
                    rx.cond(SessionState.email != "", _for_members(), _for_visitors()),
                ),
                class_name="flex flex-wrap items-center sm:gap-1 min-h-touch",
            ),
            aria_label=TEXT["label"],
            # Two rows with large text or on a tiny screen.
            class_name="mx-auto max-w-page px-3 min-[390px]:px-4 flex flex-wrap items-center "
            "justify-between gap-x-1 min-h-14",
        ),
        class_name="bg-surface border-b border-line print:hidden",
    )


def _brand() -> rx.Component:
    return link(
        _mark(),
        get_settings().brand_name,
        href=routes.TICKET_LIST,
        class_name="inline-flex items-center gap-1.5 sm:gap-2 min-h-touch "
        "text-lg sm:text-xl font-extrabold tracking-tight",
    )


def _mark() -> rx.Component:
    """A small stub, as in favicon.svg, where the bar has room for it."""
    return rx.el.svg(
        rx.el.path(
            fill="currentColor",
            d="M3 8a2 2 0 0 1 2-2h22a2 2 0 0 1 2 2v4a4 4 0 0 0 0 8v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4a4 4 0 0 0 0-8z",
        ),
        rx.el.path(
            stroke_width="2", stroke_dasharray="2.5 2.5", d="M20 7v18", class_name="stroke-surface"
        ),
        rx.el.path(d="M8 12h8v2.4H8zm0 5h5.5v2.4H8z", class_name="fill-surface"),
        view_box="0 0 32 32",
        aria_hidden="true",
        class_name="flex-none size-6 sm:size-8 text-accent max-[429px]:hidden",
    )


def _for_visitors() -> rx.Component:
    """Links that load the page: the visitor may have signed in in another tab."""
    return rx.fragment(
        link(TEXT["sign_up"], href=routes.SIGN_UP, reload_document=True, class_name=_ENTRY),
        link(TEXT["sign_in"], href=routes.SIGN_IN, reload_document=True, class_name=_ENTRY),
    )


def _for_members() -> rx.Component:
    return rx.fragment(
        link(TEXT["orders"], href=routes.ORDER_LIST, class_name=_ENTRY),
        # No room on a phone: there the account page and the form link to it.
        link(TEXT["listings"], href=routes.TICKET_MINE, class_name=f"{_ENTRY} max-sm:hidden"),
        link(TEXT["sell"], href=routes.TICKET_NEW, class_name=_ENTRY),
        _account(),
        sign_out_form(_ENTRY),
    )


def _account() -> rx.Component:
    """An icon on a phone, where another word does not fit; the word elsewhere."""
    return link(
        rx.el.svg(
            rx.el.circle(cx="12", cy="8", r="4"),
            rx.el.path(d="M4 21c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5"),
            view_box="0 0 24 24",
            fill="none",
            stroke="currentColor",
            stroke_width="2",
            aria_hidden="true",
            class_name="w-5 h-5 sm:hidden",
        ),
        rx.el.span(TEXT["account"], class_name="sr-only sm:not-sr-only"),
        href=routes.ACCOUNT,
        class_name=f"{_ENTRY} justify-center min-w-9",
    )


def sign_out_form(class_name: str) -> rx.Component:
    """A real POST: other sites and prefetching could follow a link."""
    return rx.el.form(
        rx.el.button(TEXT["sign_out"], type="submit", class_name=class_name),
        rx.el.p(
            role="alert",
            custom_attrs={"data-error-for": ""},
            class_name=f"{styles.ALERT} fixed top-3 inset-x-4 mx-auto z-20 empty:hidden",
        ),
        method="post",
        action="/api/users/signout",
        custom_attrs={JSON_FORM: routes.TICKET_LIST},
    )
