from collections.abc import AsyncGenerator, Callable

import pytest

from tests.integration.notices import mail_server
from tests.integration.notices.mail_server import MailServer
from ticketing_app.notices.gateway import smtp


@pytest.fixture
async def mails(
    database: None,  # noqa: ARG001  # order only.
    change_settings: Callable[..., None],
) -> AsyncGenerator[MailServer]:
    async with mail_server.serve() as server:
        change_settings(
            mail_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="GitTix <hello@ticketing.dev>",
            public_url="https://ticketing.dev",
        )
        yield server
        await smtp.close_connections()
