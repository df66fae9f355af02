"""Mails of accounts, from the request to the link that works."""

import re
from collections.abc import Callable

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests.integration.accounts import links
from tests.integration.accounts.browsers import ANA
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.core import db
from ticketing_app.subscriptions import WORK
from ticketing_app.work import due

NEW = "anna@gittix.test"
EVENTS = (
    "UserCreated",
    "EmailConfirmationRequested",
    "EmailChangeRequested",
    "EmailChanged",
    "PasswordResetRequested",
    "PasswordChanged",
)
LINK = re.compile(r"http://gittix\.test/auth/(\w+)#token=([\w-]{43})")


@pytest.fixture
async def ana(
    api: AsyncClient, mails: MailServer, change_settings: Callable[..., None]
) -> AsyncClient:
    """A browser of an account that has received its first mail."""
    # Cookies of the client need no TLS.
    change_settings(public_url="http://gittix.test")
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    await send(mails)
    return api


async def send(mails: MailServer) -> list[tuple[str, str, str, str]]:
    """Deliver events and send mails; return recipient, subject, page and token of the new ones."""
    before = len(mails.mails)
    await deliver(*EVENTS)
    await sends.send_all()
    return [read(mails, number) for number in range(before, len(mails.mails))]


def read(mails: MailServer, number: int) -> tuple[str, str, str, str]:
    mail = mails.mails[number]
    body = mail.get_body(("plain",))
    assert body
    found = LINK.search(body.get_content())
    page, token = found.groups() if found else ("", "")
    return mail["To"], mail["Subject"], page, token


async def confirm(ana: AsyncClient, mails: MailServer) -> None:
    _, _, _, token = read(mails, 0)
    assert (await links.use(ana, token)).status_code == 200


async def change(ana: AsyncClient, mails: MailServer) -> str:
    """Have the address changed; return the token that undoes it."""
    await confirm(ana, mails)
    await ana.put("/api/users/currentuser/email", json={"email": NEW})
    [(to, _, page, token)] = await send(mails)
    assert (to, page) == (NEW, "confirm")
    assert (await links.use(ana, token)).status_code == 200
    [(to, subject, page, undo)] = await send(mails)
    assert (to, subject, page) == (ANA["email"], "Your email was changed", "reset")
    return undo


class TestConfirmation:
    async def test_link_of_the_welcome_confirms(self, ana: AsyncClient, mails: MailServer) -> None:
        to, subject, page, token = read(mails, 0)
        assert (to, page) == (ANA["email"], "confirm")
        assert "confirm your email" in subject
        assert (await links.use(ana, token)).status_code == 200

    async def test_link_is_mailed_again(self, ana: AsyncClient, mails: MailServer) -> None:
        await ana.post("/api/users/email/confirmation")
        [(to, _, page, token)] = await send(mails)
        assert (to, page) == (ANA["email"], "confirm")
        assert (await links.use(ana, token)).status_code == 200

    async def test_is_not_mailed_if_it_was_confirmed_meanwhile(
        self, ana: AsyncClient, mails: MailServer
    ) -> None:
        await ana.post("/api/users/email/confirmation")
        await confirm(ana, mails)
        assert await send(mails) == []

    async def test_goes_to_the_corrected_address(self, ana: AsyncClient, mails: MailServer) -> None:
        await ana.put("/api/users/currentuser/email", json={"email": NEW})
        [(to, _, _, token)] = await send(mails)
        assert to == NEW
        assert (await links.use(ana, token)).status_code == 200


class TestReset:
    async def ask(self, ana: AsyncClient) -> None:
        await ana.post("/api/users/password-reset", json={"email": ANA["email"]})
        await due.do_next("accounts.reset", WORK["accounts.reset"])

    async def test_link_sets_a_password(self, ana: AsyncClient, mails: MailServer) -> None:
        await self.ask(ana)
        [(to, _, page, token)] = await send(mails)
        assert (to, page) == (ANA["email"], "reset")
        assert (await links.reset(ana, token)).status_code == 200
        [(to, subject, _, _)] = await send(mails)
        assert (to, subject) == (ANA["email"], "Your password was changed")

    async def test_is_not_mailed_to_an_address_that_was_given_up(
        self, ana: AsyncClient, mails: MailServer
    ) -> None:
        await self.ask(ana)
        await deliver(*EVENTS)
        await ana.put("/api/users/currentuser/email", json={"email": NEW})
        assert [to for to, *_ in await send(mails)] == [NEW]


class TestChange:
    async def test_is_undone_by_the_link_to_the_former_address(
        self, ana: AsyncClient, mails: MailServer
    ) -> None:
        undo = await change(ana, mails)
        answer = await links.reset(ana, undo)
        assert (answer.status_code, answer.json()["email"]) == (200, ANA["email"])

    async def test_ends_with_another_change_of_the_account(
        self, ana: AsyncClient, mails: MailServer
    ) -> None:
        await confirm(ana, mails)
        await ana.put("/api/users/currentuser/email", json={"email": NEW})
        await ana.put("/api/users/currentuser/password", json={"newPassword": "battery staple"})
        assert [to for to, *_ in await send(mails)] == [ANA["email"]]

    async def test_no_row_has_a_token(self, ana: AsyncClient, mails: MailServer) -> None:
        undo = await change(ana, mails)
        async with db.transaction() as session:
            connection = await session.connection()
            for table in ("outbox", "work", "notices", "sends", "tokens"):
                rows = await connection.execute(
                    text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE :part"),
                    {"part": f"%{undo}%"},
                )
                assert rows.scalar_one() == 0

    async def test_a_new_password_is_reported(self, ana: AsyncClient, mails: MailServer) -> None:
        body = {"newPassword": "battery staple"}
        assert (await ana.put("/api/users/currentuser/password", json=body)).status_code == 200
        [(to, subject, _, _)] = await send(mails)
        assert (to, subject) == (ANA["email"], "Your password was changed")
