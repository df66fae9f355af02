"""The mail server: connections that are kept open, and the meaning of its replies."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

import aiosmtplib
from aiosmtplib import SMTP

from ticketing_app.core.settings import get_settings
from ticketing_app.notices import rules
from ticketing_app.notices.rules import SendStatus
from ticketing_app.notices.schemas import Reply

# Of one command. A mail as a whole must end long before its lease of three minutes.
TIMEOUT_SECONDS = 30
SEND_SECONDS = 90
TRY_SECONDS = 10
# Shorter than the patience of any mail server: a command on a connection that it has closed would fail.
IDLE_SECONDS = 15


class MailDeferredError(Exception):
    """The mail server refuses for now, or the connection was lost; the mail may have been taken."""

    def __init__(self, message: str, *, asks_for_pause: bool = False) -> None:
        super().__init__(message)
        self.asks_for_pause = asks_for_pause


class _Idle(NamedTuple):
    connection: SMTP
    since: float


_idle: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Idle]] = WeakKeyDictionary()


async def deliver(message: bytes, *, sender: str, recipient: str) -> Reply:
    """Hand the mail over; raises MailDeferredError if another attempt may succeed."""
    try:
        async with asyncio.timeout(SEND_SECONDS), _connection() as connection:
            return await _deliver(connection, message, sender, recipient)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise MailDeferredError(repr(error)) from error


async def try_server() -> None:
    """Connect and sign in; raises MailDeferredError if that fails."""
    try:
        async with asyncio.timeout(TRY_SECONDS), _connection() as connection:
            await connection.noop()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise MailDeferredError(repr(error)) from error


async def _deliver(connection: SMTP, message: bytes, sender: str, recipient: str) -> Reply:
    options = [] if recipient.isascii() else ["SMTPUTF8"]
    try:
        await connection.sendmail(sender, [recipient], message, mail_options=options)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        [error] = refused.recipients
        _raise_if_temporary(error)
        return Reply(
            status=SendStatus.BOUNCED,
            reason=_describe(error),
            is_mailbox_unknown=rules.is_mailbox_unknown(error.code, error.message),
        )
    except aiosmtplib.SMTPNotSupported as error:
        return Reply(status=SendStatus.BOUNCED, reason=str(error))
    except aiosmtplib.SMTPDataError as error:
        _raise_if_temporary(error)
        return Reply(status=SendStatus.REFUSED, reason=_describe(error))
    return Reply(status=SendStatus.SENT)


def _raise_if_temporary(error: aiosmtplib.SMTPResponseException) -> None:
    if error.code < 500:  # noqa: PLR2004  # permanent from here on.
        pause = rules.asks_for_pause(error.code, error.message)
        raise MailDeferredError(_describe(error), asks_for_pause=pause) from error


def _describe(error: aiosmtplib.SMTPResponseException) -> str:
    return f"{error.code} {error.message}"[:500]


@asynccontextmanager
async def _connection() -> AsyncGenerator[SMTP]:
    """Lend an open connection; it is closed if its use fails."""
    idle = _idle.setdefault(asyncio.get_running_loop(), [])
    connection = _take(idle) or await _connect()
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    if connection.is_connected:
        idle.append(_Idle(connection, time.monotonic()))


def _take(idle: list[_Idle]) -> SMTP | None:
    while idle:
        connection, since = idle.pop()
        if connection.is_connected and time.monotonic() - since < IDLE_SECONDS:
            return connection
        connection.close()
    return None


async def _connect() -> SMTP:
    settings = get_settings()
    url = urlsplit(settings.mail_url.get_secret_value())
    connection = SMTP(
        hostname=url.hostname,
        port=url.port,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        # Without it, aiosmtplib asks DNS for the name of this machine, and blocks meanwhile.
        local_hostname=urlsplit(settings.public_url).hostname,
        timeout=TIMEOUT_SECONDS,
        use_tls=url.scheme == "smtps",
        start_tls=url.scheme == "smtp+starttls",
    )
    await connection.connect()
    return connection


async def close_connections() -> None:
    """Close the idle connections of the running loop."""
    for connection, _ in _idle.pop(asyncio.get_running_loop(), []):
        connection.close()
