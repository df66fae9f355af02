"""The way back in after a forgotten password."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import event

from tests.factories import recorded_events
from tests.integration.accounts import links
from tests.integration.accounts.browsers import ANA, is_live, sign_in_elsewhere
from ticketing_app.accounts import auth, passwords
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.core import db
from ticketing_app.core.settings import Settings
from ticketing_app.subscriptions import WORK
from ticketing_app.work import due

NEW_PASSWORD = "battery staple"
REQUEST_URL = "/api/users/password-reset"


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


@pytest.fixture
async def link(ana: AsyncClient) -> str:  # noqa: ARG001  # order only.
    """The token of a mailed link."""
    return await links.mail(ANA["email"], TokenPurpose.RESET)


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["field"]


async def ask(api: AsyncClient, email: Any) -> Response:  # noqa: ANN401  # JSON.
    return await api.post(REQUEST_URL, json={"email": email})


class TestRequest:
    async def test_has_a_link_mailed(self, ana: AsyncClient) -> None:
        answer = await ask(ana, " ANA@gittix.test")
        assert (answer.status_code, answer.json()) == (202, {})
        assert await due.do_next("accounts.reset", WORK["accounts.reset"])
        (event,) = await recorded_events("PasswordResetRequested")
        assert event["email"] == ANA["email"]

    async def test_of_an_unknown_address_looks_the_same(self, ana: AsyncClient) -> None:
        statements: dict[str, list[str]] = {}

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:  # noqa: ANN401
            statements[email].append(statement)

        engine = db.engine().sync_engine
        answers = []
        event.listen(engine, "before_cursor_execute", note)
        try:
            for email in (ANA["email"], "nobody@gittix.test"):
                statements[email] = []
                answers.append(await ask(ana, email))
        finally:
            event.remove(engine, "before_cursor_execute", note)
        known, unknown = statements.values()
        assert known == unknown
        assert [(each.status_code, each.content) for each in answers] == [(202, b"{}")] * 2

    async def test_of_an_unknown_address_mails_nothing(self, api: AsyncClient) -> None:
        await ask(api, "nobody@gittix.test")
        assert await due.do_next("accounts.reset", WORK["accounts.reset"])
        assert await recorded_events() == []

    async def test_is_limited_by_e_mail(self, ana: AsyncClient) -> None:
        for email in (ANA["email"], "nobody@gittix.test"):
            answers = [await ask(ana, email) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [202, 202, 202, 429]

    async def test_is_limited_by_address(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signup_limit_per_hour=2)
        answers = [await ask(api, f"{number}@gittix.test") for number in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]

    async def test_without_mail_promises_no_link(
        self, ana: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Settings, "has_mail", False)
        answers = [await ask(ana, ANA["email"]), await ana.post("/api/users/email/confirmation")]
        for answer in answers:
            assert answer.status_code == 503
            assert "no link is on its way" in answer.json()["errors"][0]["message"]

    async def test_is_offered_when_too_many_passwords_were_wrong(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_minute=1)
        answers = []
        for _ in range(2):
            # A device that signed in before has a limit of its own.
            ana.cookies.clear()
            answers.append(await ana.post("/api/users/signin", json=ANA))
        assert answers[1].status_code == 429
        message = answers[1].json()["errors"][0]["message"]
        assert message.endswith(
            "You can sign in with a passkey, or set a new password by a mailed link."
        )
        await ask(ana, ANA["email"])
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        assert (await links.reset(ana, token)).status_code == 200

    @pytest.mark.parametrize("email", ["ana", "", None, 5, ["ana@gittix.test"]])
    async def test_rejects_what_is_no_address(self, api: AsyncClient, email: object) -> None:
        assert refusal(await ask(api, email)) == (400, "email")


class TestReset:
    async def test_sets_the_password_and_signs_in(self, ana: AsyncClient, link: str) -> None:
        ana.cookies.clear()
        answer = await links.reset(ana, link)
        assert (answer.status_code, answer.json()["email"]) == (200, ANA["email"])
        assert (await ana.get("/api/users/currentuser")).json()["currentUser"] == answer.json()
        old = await ana.post("/api/users/signin", json=ANA)
        new = await ana.post("/api/users/signin", json={**ANA, "password": NEW_PASSWORD})
        assert (old.status_code, new.status_code) == (400, 200)
        (event,) = await recorded_events("PasswordChanged")
        assert event["is_reset"]

    async def test_ends_all_sessions(self, ana: AsyncClient, link: str) -> None:
        tokens = [ana.cookies[auth.COOKIE], await sign_in_elsewhere(ana)]
        ana.cookies.clear()
        await links.reset(ana, link)
        assert [await is_live(token) for token in tokens] == [False, False]
        assert await is_live(ana.cookies[auth.COOKIE])

    async def test_ends_all_other_links(self, ana: AsyncClient, link: str) -> None:
        others = [
            await links.mail(ANA["email"], purpose)
            for purpose in (TokenPurpose.RESET, TokenPurpose.CHANGE, TokenPurpose.CONFIRM)
        ]
        await links.reset(ana, link)
        assert refusal(await links.reset(ana, others[0])) == (400, "token")
        for token in others[1:]:
            assert refusal(await links.use(ana, token)) == (400, "token")

    async def test_confirms_the_address(self, ana: AsyncClient, link: str) -> None:
        await links.reset(ana, link)
        assert (await ana.get("/api/users/account")).json()["emailConfirmedAt"]
        assert len(await recorded_events("EmailConfirmed")) == 1

    async def test_counts_as_proof(self, ana: AsyncClient, link: str) -> None:
        await links.reset(ana, link)
        answer = await ana.delete("/api/users/sessions")
        assert answer.status_code == 204

    async def test_rejects_used_link(self, ana: AsyncClient, link: str) -> None:
        await links.reset(ana, link)
        assert refusal(await links.reset(ana, link)) == (400, "token")

    async def test_rejects_late_link(self, ana: AsyncClient, link: str) -> None:
        await links.expire_tokens()
        assert refusal(await links.reset(ana, link)) == (400, "token")

    @pytest.mark.parametrize("purpose", [TokenPurpose.CONFIRM, TokenPurpose.CHANGE])
    async def test_rejects_link_of_another_purpose(
        self, ana: AsyncClient, purpose: TokenPurpose
    ) -> None:
        token = await links.mail(ANA["email"], purpose)
        assert refusal(await links.reset(ana, token)) == (400, "token")

    async def test_rejected_password_leaves_the_link(self, ana: AsyncClient, link: str) -> None:
        for password, status in (("short", 400), ("password1", 400), (NEW_PASSWORD, 200)):
            assert (await links.reset(ana, link, password)).status_code == status

    async def test_rejects_common_password(self, ana: AsyncClient, link: str) -> None:
        answer = await links.reset(ana, link, "password1")
        assert answer.json()["errors"] == [{"message": passwords.COMMON, "field": "newPassword"}]

    async def test_links_are_limited_by_address(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_address_per_minute=2)
        answers = [await links.reset(api, "x") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [400, 400, 429]
