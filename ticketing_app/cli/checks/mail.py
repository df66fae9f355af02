"""Check of the mail server."""

from ticketing_app.cli.checks.findings import Finding, ok, warning, wrong
from ticketing_app.core.settings import Settings
from ticketing_app.notices.gateway import smtp
from ticketing_app.notices.gateway.smtp import MailDeferredError

SUBJECT = "mail"


async def check_mail(settings: Settings) -> Finding:
    if not settings.mail_url.get_secret_value():
        remedy = "set MAIL_URL and MAIL_FROM: without mail nobody can set a new password."
        return warning(SUBJECT, "MAIL_URL is not set, so no mail is sent.", remedy)
    try:
        await smtp.try_server()
    except MailDeferredError as error:
        remedy = "check MAIL_URL: scheme, port, user and password."
        return wrong(SUBJECT, f"{error}.", remedy)
    return ok(SUBJECT, "the mail server accepts us.")
