"""Composition root: the Reflex app with the API beside it, and the site map."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from ticketing_app import api, routes
from ticketing_app.accounts.auth import listen_for_ended_sessions
from ticketing_app.core import logging, metrics
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import security_headers, serve, well_known
from ticketing_app.documents.metadata import DEFAULT_CATEGORY
from ticketing_app.ui import (
    session,
)
from ticketing_app.ui.accounts.pages import (
    account_page,
    sign_in_page,
    sign_out_page,
    sign_up_page,
)
from ticketing_app.ui.accounts.state import AccountState
from ticketing_app.ui.listings.pages import own_listings_page, ticket_edit_page, ticket_new_page
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.live import broadcast
from ticketing_app.ui.orders.pages import order_detail_page, order_list_page
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.feedback import connection_banner
from ticketing_app.ui.shell.pages import not_found_page
from ticketing_app.ui.shell.prerendered import document_description, document_title
from ticketing_app.ui.theme import stylesheet
from ticketing_app.ui.tickets.pages import (
    ticket_detail_page,
    ticket_list_page,
)
from ticketing_app.ui.tickets.state import TicketDetailState, TicketListState
from ticketing_app.ui.websocket import calls, sockets, tabs

BRAND = get_settings().brand_name

logging.configure()
session.keep_cookies_out_of_logs()

app = rx.App(
    html_lang="en",
    # Tailwind brings a reset of its own.
    reset_style=False,
    toaster=None,
    app_wraps={
        (55, "ErrorBoundary"): lambda _: ErrorBoundary.create(),
        (5, "Overlay"): lambda _: connection_banner(),
    },
    head_components=[
        rx.el.style(custom_attrs={"dangerouslySetInnerHTML": {"__html": stylesheet.CSS}}),
        *well_known.head_links(),
        rx.el.script(src="/boot.js", defer=True),
        rx.el.script(src=well_known.ACCOUNT_FORMS, defer=True),
    ],
    backend_exception_handler=session.on_crash,
    api_transformer=[
        api.serve,
        sockets.limit,
        session.refuse_foreign_sockets,
        serve.serve,
        security_headers.protect,
        metrics.measure_requests,
    ],
)
app.register_lifespan_task(listen_for_ended_sessions, notify=broadcast.notify_session)
app.register_lifespan_task(broadcast.follow, app=app)
app.register_lifespan_task(metrics.serve)


def _add(
    page: Callable[[], rx.Component],
    route: str,
    title: str | rx.Var[str],
    on_load: Any,  # noqa: ANN401  # Reflex types handlers as plain functions.
    description: str | rx.Var[str],
) -> None:
    app.add_page(
        page,
        route,
        title=title if isinstance(title, rx.Var) else f"{title} | {BRAND}",
        description=description,
        image=routes.share_image(DEFAULT_CATEGORY),
        on_load=on_load,
    )


# Until the data of these pages came, the document's own words stay.
ticket_title = rx.cond(
    TicketDetailState.is_loaded,
    f"{TicketDetailState.ticket.title} | {BRAND}",
    document_title(f"Ticket | {BRAND}"),
)
ticket_description = rx.cond(
    TicketDetailState.is_loaded,
    TicketDetailState.ticket.share_line,
    document_description(
        "A ticket from somebody who cannot go: price, seat, and whether it is still there."
    ),
)
order_title = rx.cond(
    OrderDetailState.is_loaded,
    f"{OrderDetailState.order.heading} | {BRAND}",
    document_title(f"Order | {BRAND}"),
)

# fmt: off
_add(ticket_list_page, routes.TICKET_LIST, "Tickets For Sale", TicketListState.load,
     "Tickets for concerts, sports and theatre, from people who cannot go.")
_add(ticket_new_page, routes.TICKET_NEW, "Create a Ticket", TicketFormState.load_new,
     "Sell a ticket that you cannot use.")
_add(own_listings_page, routes.TICKET_MINE, "My Listings", OwnListingsState.load,
     "What you sell and what you sold.")
_add(ticket_detail_page, routes.TICKET_DETAIL, ticket_title, TicketDetailState.load,
     ticket_description)
_add(ticket_edit_page, routes.TICKET_EDIT, "Edit a Ticket", TicketFormState.load_edit,
     "Change a listing of yours.")
_add(order_list_page, routes.ORDER_LIST, "My Orders", OrderListState.load,
     "What you hold and what you bought.")
_add(order_detail_page, routes.ORDER_DETAIL, order_title, OrderDetailState.load,
     "The ticket that you hold, and the time you have to pay for it.")
_add(account_page, routes.ACCOUNT, "Account", AccountState.load,
     "Your email, your password, and where you are signed in.")
_add(sign_up_page, routes.SIGN_UP, "Sign Up", SessionState.load_for_visitors,
     "Make an account to buy and sell tickets.")
_add(sign_in_page, routes.SIGN_IN, "Sign In", SessionState.load_for_visitors,
     "Sign in to buy and sell tickets.")
_add(sign_out_page, routes.SIGN_OUT, "Sign Out", SessionState.load,
     "Sign out of your account.")
_add(not_found_page, "404", "Page not found", SessionState.load,
     "There is nothing at this address.")
# fmt: on

app.add_middleware(tabs.TabOwner())
calls.guard(app)
logging.tame_libraries()
