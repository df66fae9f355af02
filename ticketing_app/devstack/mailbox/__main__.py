"""`python -m ticketing_app.devstack.mailbox SMTP_PORT HTTP_PORT`, for development and tests only."""

import asyncio
import os
import sys

from aiosmtpd.smtp import SMTP
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from ticketing_app.devstack.mailbox.server import Mailbox

HOST = "127.0.0.1"


async def _run(smtp_port: int, http_port: int) -> None:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, loop=loop), HOST, smtp_port
    )
    api = mailbox.application()
    await Server(
        api,
        HOST,
        http_port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    if os.environ.get("TICKETING_ENV") == "production":
        sys.exit("This mailbox sends nothing: it refuses to run with TICKETING_ENV=production.")
    asyncio.run(_run(*map(int, sys.argv[1:])))
