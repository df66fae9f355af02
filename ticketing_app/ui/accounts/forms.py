"""Forms of accounts as the browser sends them; with JavaScript, account-forms.js uses the API instead."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import reflex as rx
from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.api import recovery, users
from ticketing_app.accounts.schemas import (
    Credentials,
    LinkToken,
    PasswordReset,
    PasswordResetRequest,
    UserCreate,
)
from ticketing_app.core.errors import AppError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.accounts.components import FormValues
from ticketing_app.ui.accounts.link_pages import confirm_content, forgot_content, reset_content
from ticketing_app.ui.accounts.pages import sign_in_content, sign_out_content, sign_up_content
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms

Model = TypeVar("Model", UserCreate, Credentials)
Link = TypeVar("Link", LinkToken, PasswordReset, PasswordResetRequest)


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


async def forgot(request: Request) -> Response | PageContent:
    async def ask(_: Response, typed: PasswordResetRequest) -> None:
        await recovery.request_reset(typed)

    after = routes.sent(routes.FORGOT)
    return await _use_link(request, PasswordResetRequest, ask, forgot_content, after)


async def confirm(request: Request) -> Response | PageContent:
    async def use(_: Response, link: LinkToken) -> None:
        await recovery.confirm_address(link)

    after = routes.sent(routes.CONFIRM)
    return await _use_link(request, LinkToken, use, confirm_content, after)


async def reset(request: Request) -> Response | PageContent:
    async def use(response: Response, typed: PasswordReset) -> None:
        await recovery.reset_password(request, response, typed)

    after = f"{routes.ACCOUNT_SECURITY}?changed=reset"
    return await _use_link(request, PasswordReset, use, reset_content, after)


async def _use_link(
    request: Request,
    model: type[Link],
    use_case: Callable[[Response, Link], Awaitable[None]],
    draw: Callable[[FormValues], rx.Component],
    after: str,
) -> Response | PageContent:
    response = forms.see_other(after)
    values = FormValues()
    try:
        fields = await forms.read(request)
        values = FormValues(email=fields.get("email", ""), token=fields.get("token", ""))
        names = (field.alias or name for name, field in model.model_fields.items())
        with transactions.translate_outages():
            typed = transactions.parse(model, {name: fields.get(name, "") for name in names})
            await use_case(response, typed)
    except AppError as error:
        return forms.refused(error, draw(replace(values, errors=forms.messages(error))))
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
