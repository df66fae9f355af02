"""Purchase as a plain form: without JavaScript, or before the page's code runs."""

from uuid import UUID

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core.errors import AppError
from ticketing_app.core.http import parse_id
from ticketing_app.orders.service import hold
from ticketing_app.orders.service.hold import TicketAlreadyReservedError
from ticketing_app.tickets.service.tickets import TicketNotFoundError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms
from ticketing_app.ui.shell.feedback import callout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles

TEXT = {"to_ticket": "See the ticket"}


async def purchase(request: Request, *, ticket_id: str) -> Response | PageContent:
    """Hold the ticket and show the order; lead a visitor to sign-up, and then back to the ticket."""
    ticket = routes.ticket_detail(ticket_id)
    try:
        held_id = parse_id(ticket_id, TicketNotFoundError)
        with transactions.translate_outages():
            caller = await auth.current_caller(request)
        if caller is None:
            return forms.see_other(session.with_next(routes.SIGN_UP, session.local_path(ticket)))
        return forms.see_other(routes.order_detail(await _hold(caller, held_id)))
    except AppError as error:
        return forms.refused(error, _refusal(error.message, ticket))


async def _hold(caller: Caller, ticket_id: UUID) -> UUID:
    """Return the id of the order; of the caller's own one if they hold the ticket already."""
    try:
        async with hold.in_turn(ticket_id):
            order = await transactions.in_autocommit(
                hold.create_order, buyer_id=caller.user_id, ticket_id=ticket_id
            )
    except TicketAlreadyReservedError as error:
        if error.order_id is None:
            raise
        return error.order_id
    return order.id


def _refusal(message: str, ticket: str) -> rx.Component:
    to_ticket = link(TEXT["to_ticket"], href=ticket, class_name=styles.SECONDARY)
    return rx.fragment(callout(message), to_ticket)
