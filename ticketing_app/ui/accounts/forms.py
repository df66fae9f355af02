"""Sign-up, sign-in and sign-out as plain forms; with JavaScript, account-forms.js uses the API instead."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.api import users
from ticketing_app.accounts.schemas import Credentials, UserCreate
from ticketing_app.core.errors import AppError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.accounts.components import FormValues
from ticketing_app.ui.accounts.pages import sign_in_content, sign_out_content, sign_up_content
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms

Model = TypeVar("Model", UserCreate, Credentials)


async def sign_up(request: Request) -> Response | PageContent:
    return await _start(request, UserCreate, users.start_account, sign_up_content)


async def sign_in(request: Request) -> Response | PageContent:
    return await _start(request, Credentials, users.start_session, sign_in_content)


async def sign_out(request: Request) -> Response | PageContent:
    response = forms.see_other(routes.TICKET_LIST)
    try:
        with transactions.translate_outages():
            await users.end_session_of(await auth.current_caller(request), response)
    except AppError as error:
        return forms.refused(error, sign_out_content(error.message))
    return response


async def _start(
    request: Request,
    model: type[Model],
    use_case: Callable[[Request, Response, Model], Awaitable[object]],
    draw: Callable[[FormValues], rx.Component],
) -> Response | PageContent:
    wanted = session.local_path(request.query_params.get("next", ""))
    response = forms.see_other(wanted)
    email = ""
    try:
        fields = await forms.read(request)
        email = fields.get("email", "")
        typed = {name: fields.get(name, "") for name in ("email", "password")}
        with transactions.translate_outages():
            await use_case(request, response, transactions.parse(model, typed))
    except AppError as error:
        values = FormValues(wanted=wanted, email=email, errors=forms.messages(error))
        return forms.refused(error, draw(values), wanted)
    return response
