"""The choices as a plain form, and the one-click stop of mails."""

from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.service import choices, push, stopping
from ticketing_app.ui import session, transactions
from ticketing_app.ui.notices.stop_page import stop_content, stopped_page
from ticketing_app.ui.notices.views import read_fields
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms

MAX_CHOICES = 200


async def save_choices(request: Request) -> Response:
    fields = await forms.read(request, most=MAX_CHOICES)
    with transactions.translate_outages():
        caller = await auth.current_caller(request)
    if caller is None:
        return forms.see_other(session.with_next(routes.SIGN_IN, routes.ACCOUNT_NOTICES))
    # A form without the column of devices says nothing about them.
    channels = {Channel.MAIL, Channel.PUSH} if push.public_key() else {Channel.MAIL}
    await transactions.in_transaction(
        choices.save_choices,
        user_id=caller.user_id,
        wanted=read_fields(fields),
        channels=channels,
    )
    return forms.see_other(f"{routes.ACCOUNT_NOTICES}?changed=notices")


async def stop_mails(request: Request, token: str) -> PageContent:
    """Stop the mails of a link, also for mail programs, which send no cookie and no Origin (RFC 8058)."""
    await forms.read(request)
    with transactions.translate_outages():
        stopped = await transactions.in_transaction(stopping.stop_mails, token=token)
    return stopped_page(stop_content(stopped.kind, is_stopped=True))
