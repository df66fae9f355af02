"""Changes of e-mail and password: permission, events and ended sessions."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.factories import recorded_events
from tests.integration.accounts.browsers import ANA, header, is_live, sign_in_elsewhere, use
from ticketing_app.accounts import auth, passwords
from ticketing_app.accounts.schemas import Credentials
from ticketing_app.accounts.service import authentication
from ticketing_app.core import db

NEW_PASSWORD = "battery staple"
EMAIL_URL = "/api/users/currentuser/email"
PASSWORD_URL = "/api/users/currentuser/password"
EMAIL_CHANGE = {"email": "anna@gittix.test", "currentPassword": ANA["password"]}
PASSWORD_CHANGE = {"currentPassword": ANA["password"], "newPassword": NEW_PASSWORD}
CHANGES = [(EMAIL_URL, EMAIL_CHANGE), (PASSWORD_URL, PASSWORD_CHANGE)]


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


async def sign_in(api: AsyncClient, **changed: str) -> Response:
    return await api.post("/api/users/signin", json={**ANA, **changed})


class TestChangeEmail:
    async def test_signs_in_with_the_new_address_only(self, ana: AsyncClient) -> None:
        answer = await ana.put(EMAIL_URL, json={**EMAIL_CHANGE, "email": " Anna@GitTix.test"})
        assert (answer.status_code, answer.json()["email"]) == (200, "anna@gittix.test")
        now = (await ana.get("/api/users/currentuser")).json()["currentUser"]
        assert now == answer.json()
        assert (await sign_in(ana)).status_code == 400
        assert (await sign_in(ana, email="anna@gittix.test")).status_code == 200

    async def test_records_event_with_next_version(self, ana: AsyncClient) -> None:
        await ana.put(EMAIL_URL, json=EMAIL_CHANGE)
        (event,) = await recorded_events("UserUpdated")
        assert (event["user_version"], event["email"]) == (2, "anna@gittix.test")

    async def test_leaves_the_other_sessions(self, ana: AsyncClient) -> None:
        other = await sign_in_elsewhere(ana)
        await ana.put(EMAIL_URL, json=EMAIL_CHANGE)
        assert await is_live(other)

    async def test_the_same_address_again_changes_nothing(self, ana: AsyncClient) -> None:
        answer = await ana.put(EMAIL_URL, json={**EMAIL_CHANGE, "email": "ANA@gittix.test"})
        assert (answer.status_code, answer.json()["email"]) == (200, "ana@gittix.test")
        assert await recorded_events("UserUpdated") == []

    async def test_rejects_the_address_of_another_account(self, ana: AsyncClient) -> None:
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signup", json={**ANA, "email": "anna@gittix.test"})
        use(ana, mine)
        answer = await ana.put(EMAIL_URL, json={**EMAIL_CHANGE, "email": "ANNA@gittix.test"})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [{"message": "Email in use", "field": "email"}]
        assert await recorded_events("UserUpdated") == []

    async def test_concurrent_changes_to_one_address_have_one_winner(
        self, ana: AsyncClient
    ) -> None:
        tokens = [ana.cookies[auth.COOKIE]]
        for number in range(3):
            await ana.post("/api/users/signup", json={**ANA, "email": f"{number}@gittix.test"})
            tokens.append(ana.cookies[auth.COOKIE])
        ana.cookies.clear()
        answers = await asyncio.gather(
            *(ana.put(EMAIL_URL, json=EMAIL_CHANGE, headers=header(each)) for each in tokens)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        assert len(await recorded_events("UserUpdated")) == 1

    async def test_concurrent_changes_of_one_account_have_one_winner(
        self, ana: AsyncClient
    ) -> None:
        bodies = [{**EMAIL_CHANGE, "email": f"{number}@gittix.test"} for number in range(2)]
        answers = await asyncio.gather(*(ana.put(EMAIL_URL, json=body) for body in bodies))
        events = await recorded_events("UserUpdated")
        won = [answer.json()["email"] for answer in answers if answer.status_code == 200]
        assert won == [event["email"] for event in events] or len(won) == 2
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert [event["user_version"] for event in events] == list(range(2, 2 + len(won)))

    async def test_shares_the_limit_of_sign_up(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signup_limit_per_hour=3)
        wrong = await ana.put(EMAIL_URL, json={**EMAIL_CHANGE, "currentPassword": "wrong horse"})
        answers = [await ana.put(EMAIL_URL, json=EMAIL_CHANGE) for _ in range(2)]
        other = {**ANA, "email": "b@gittix.test"}
        answers += [await ana.post("/api/users/signup", json=other) for _ in range(2)]
        assert wrong.status_code == 400
        assert [answer.status_code for answer in answers] == [200, 200, 201, 429]


class TestChangePassword:
    async def test_signs_in_with_the_new_password_only(self, ana: AsyncClient) -> None:
        answer = await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)
        assert (answer.status_code, answer.json()["email"]) == (200, ANA["email"])
        assert (await sign_in(ana)).status_code == 400
        assert (await sign_in(ana, password=NEW_PASSWORD)).status_code == 200

    async def test_records_event_without_secrets(self, ana: AsyncClient) -> None:
        await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)
        (event,) = await recorded_events("UserUpdated")
        assert event.keys() == {"name", "user_id", "user_version", "email"}
        assert event["user_version"] == 2

    async def test_ends_all_other_sessions_and_keeps_this_one(self, ana: AsyncClient) -> None:
        others = [await sign_in_elsewhere(ana) for _ in range(2)]
        assert all([await is_live(other) for other in others])
        await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)
        assert not any([await is_live(other) for other in others])
        assert await is_live(ana.cookies[auth.COOKIE])

    async def test_leaves_the_sessions_of_others(self, ana: AsyncClient) -> None:
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        theirs = ana.cookies[auth.COOKIE]
        use(ana, mine)
        await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)
        assert await is_live(theirs)

    @pytest.mark.parametrize("password", ["1234567", "x" * 129, None])
    async def test_applies_the_rules_of_sign_up(
        self, ana: AsyncClient, password: str | None
    ) -> None:
        answer = await ana.put(PASSWORD_URL, json={**PASSWORD_CHANGE, "newPassword": password})
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["newPassword"]

    async def test_concurrent_changes_leave_the_session_of_the_winner(
        self, ana: AsyncClient
    ) -> None:
        browsers = [ana.cookies[auth.COOKIE], await sign_in_elsewhere(ana)]
        ana.cookies.clear()
        answers = await asyncio.gather(
            *(
                ana.put(PASSWORD_URL, json=PASSWORD_CHANGE, headers=header(each))
                for each in browsers
            )
        )
        # The loser was signed out by the winner before it could change anything.
        assert sorted(answer.status_code for answer in answers) == [200, 401]
        left = [await is_live(each) for each in browsers]
        assert left == [answer.status_code == 200 for answer in answers]

    async def test_rejects_a_sign_in_checked_before_the_change(self, ana: AsyncClient) -> None:
        checked = await authentication.check_credentials(
            db.transaction, credentials=Credentials(**ANA)
        )
        await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)
        async with db.transaction() as session:
            with pytest.raises(authentication.InvalidCredentialsError):
                await authentication.confirm_credentials(session, checked=checked)


class TestBoth:
    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_need_the_present_password(
        self, ana: AsyncClient, url: str, body: dict[str, str]
    ) -> None:
        for wrong in ("wrong horse", "", "x" * 5000):
            answer = await ana.put(url, json={**body, "currentPassword": wrong})
            assert answer.status_code == 400
            assert [error["field"] for error in answer.json()["errors"]] == ["currentPassword"]
        assert await recorded_events("UserUpdated") == []

    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_are_throttled_as_sign_in_is(
        self,
        ana: AsyncClient,
        change_settings: Callable[..., None],
        url: str,
        body: dict[str, str],
    ) -> None:
        change_settings(signin_limit_per_minute=3)
        guess = {**body, "currentPassword": "wrong horse"}
        answers = [await ana.put(url, json=guess) for _ in range(2)]
        answers += [await ana.put(url, json=body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [400, 400, 200, 429]

    async def test_are_not_limited_by_guesses_without_a_session(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_minute=2, signin_limit_per_account_per_hour=2)
        guesses = [await sign_in(ana, password="wrong horse") for _ in range(3)]
        assert [answer.status_code for answer in guesses] == [400, 400, 429]
        assert (await ana.put(PASSWORD_URL, json=PASSWORD_CHANGE)).status_code == 200

    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_check_the_session_before_the_input(
        self,
        ana: AsyncClient,
        change_settings: Callable[..., None],
        url: str,
        body: dict[str, str],
    ) -> None:
        change_settings(signin_limit_per_minute=1)
        assert (await ana.put(url, content=b"{")).status_code == 400
        assert (await ana.put(url, json=body, headers={"origin": "https://evil.test"})).is_error
        assert (await ana.put(url, json={})).status_code == 400
        assert (await ana.put(url, json=body)).status_code == 200
        ana.cookies.clear()
        assert (await ana.put(url, content=b"{")).status_code == 401

    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_reject_foreign_origin(
        self, ana: AsyncClient, url: str, body: dict[str, str]
    ) -> None:
        answer = await ana.put(url, json=body, headers={"origin": "https://evil.test"})
        assert answer.status_code == 403

    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_change_nothing_after_the_session_was_revoked(
        self, ana: AsyncClient, monkeypatch: pytest.MonkeyPatch, url: str, body: dict[str, str]
    ) -> None:
        compare = passwords.verify_password

        async def end_meanwhile(password: str, password_hash: str) -> bool:
            caller = await auth.authenticate(header(ana.cookies[auth.COOKIE])["cookie"])
            assert caller
            async with db.transaction() as session:
                await auth.end_session(session, session_id=caller.session_id)
            return await compare(password, password_hash)

        monkeypatch.setattr(passwords, "verify_password", end_meanwhile)
        assert (await ana.put(url, json=body)).status_code == 401
        assert await recorded_events("UserUpdated") == []

    @pytest.mark.parametrize(("url", "body"), CHANGES)
    async def test_change_nothing_after_the_account_changed(
        self, ana: AsyncClient, monkeypatch: pytest.MonkeyPatch, url: str, body: dict[str, str]
    ) -> None:
        compare = passwords.verify_password
        is_first = True

        async def change_meanwhile(password: str, password_hash: str) -> bool:
            nonlocal is_first
            if is_first:
                is_first = False
                await ana.put(EMAIL_URL, json={**EMAIL_CHANGE, "email": "first@gittix.test"})
            return await compare(password, password_hash)

        monkeypatch.setattr(passwords, "verify_password", change_meanwhile)
        answer = await ana.put(url, json=body)
        assert answer.status_code == 409
        assert "try again" in answer.json()["errors"][0]["message"]
        assert len(await recorded_events("UserUpdated")) == 1

    async def test_are_described(self, api: AsyncClient) -> None:
        paths: dict[str, Any] = (await api.get("/api/openapi.json")).json()["paths"]
        for url, body in CHANGES:
            operation = paths[url]["put"]
            statuses = {"200", "400", "401", "403", "408", "409", "429", "503"}
            assert set(operation["responses"]) - {"202"} == statuses
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert set(schema["required"]) == set(body) - {"currentPassword"}
