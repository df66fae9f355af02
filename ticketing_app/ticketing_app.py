"""Composition root: the Reflex app with the API beside it, and the site map."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from ticketing_app import routes
from ticketing_app.accounts.auth import listen_for_ended_sessions
from ticketing_app.api import create_api
from ticketing_app.core import logging
from ticketing_app.core.settings import get_settings
from ticketing_app.ui import live, session, theme
from ticketing_app.ui.accounts.pages import sign_in_page, sign_out_page, sign_up_page
from ticketing_app.ui.orders.pages import order_detail_page, order_list_page
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.feedback import connection_banner
from ticketing_app.ui.shell.pages import not_found_page
from ticketing_app.ui.tickets.pages import (
    ticket_detail_page,
    ticket_edit_page,
    ticket_list_page,
    ticket_new_page,
)
from ticketing_app.ui.tickets.state import TicketDetailState, TicketFormState, TicketListState

BRAND = get_settings().brand_name

logging.configure()

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
        rx.el.style(custom_attrs={"dangerouslySetInnerHTML": {"__html": theme.CSS}}),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.script(src="/account-forms.js", defer=True),
    ],
    backend_exception_handler=session.on_crash,
    api_transformer=[create_api(), session.refuse_foreign_sockets],
)
app.register_lifespan_task(listen_for_ended_sessions)
app.register_lifespan_task(live.follow, app=app)


def _add(
    page: Callable[[], rx.Component],
    route: str,
    title: str | rx.Var[str],
    on_load: Any,  # noqa: ANN401  # Reflex types handlers as plain functions.
) -> None:
    description = f"{BRAND}: tickets for concerts, sports and theatre, from people to people."
    app.add_page(page, route, f"{title} | {BRAND}", description=description, on_load=on_load)


ticket_title = rx.cond(TicketDetailState.is_loaded, TicketDetailState.ticket.title, "Ticket")
order_title = rx.cond(OrderDetailState.is_loaded, OrderDetailState.order.heading, "Order")

_add(ticket_list_page, routes.TICKET_LIST, "Tickets For Sale", TicketListState.load)
_add(ticket_new_page, routes.TICKET_NEW, "Create a Ticket", TicketFormState.load_new)
_add(ticket_detail_page, routes.TICKET_DETAIL, ticket_title, TicketDetailState.load)
_add(ticket_edit_page, routes.TICKET_EDIT, "Edit a Ticket", TicketFormState.load_edit)
_add(order_list_page, routes.ORDER_LIST, "My Orders", OrderListState.load)
_add(order_detail_page, routes.ORDER_DETAIL, order_title, OrderDetailState.load)
_add(sign_up_page, routes.SIGN_UP, "Sign Up", SessionState.load_for_visitors)
_add(sign_in_page, routes.SIGN_IN, "Sign In", SessionState.load_for_visitors)
_add(sign_out_page, routes.SIGN_OUT, "Sign Out", SessionState.load)
_add(not_found_page, "404", "Page not found", SessionState.load)
