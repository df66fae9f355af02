"""The mailbox of development in the loop of the tests; the local part of a recipient chooses its failures."""

import asyncio
import email
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import override

from ticketing_app.devstack.mailbox.server import Mailbox


class MailServer(Mailbox):
    """Also counts connections, and refuses `blocked@` for another reason than its mailbox."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0
        self.port = 0

    @property
    def sources(self) -> list[str]:
        return [mail["source"] for mail in self._mails]

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_string(each, policy=policy.default) for each in self.sources]

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name.
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    @override
    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("blocked@"):
            return "554 5.7.1 Refused by policy"
        return await super().handle_RCPT(server, session, envelope, address, options)


@asynccontextmanager
async def serve() -> AsyncGenerator[MailServer]:
    mailbox = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mailbox
