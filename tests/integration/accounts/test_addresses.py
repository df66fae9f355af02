"""Confirmation and change of addresses; a change by a thief is undone."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.factories import recorded_events
from tests.integration.accounts import links
from tests.integration.accounts.browsers import ANA, is_live, sign_in_elsewhere, use
from ticketing_app.accounts import auth
from ticketing_app.accounts.rules import TokenPurpose

NEW = "anna@gittix.test"
THIEF = "thief@gittix.test"
EMAIL_URL = "/api/users/currentuser/email"


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    """A browser of an account with an unconfirmed address."""
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


@pytest.fixture
async def confirmed(ana: AsyncClient) -> AsyncClient:
    """A browser of an account with a confirmed address."""
    await links.confirm(ana, ANA["email"])
    return ana


async def account(api: AsyncClient) -> dict[str, Any]:
    return (await api.get("/api/users/account")).json()


async def change(api: AsyncClient, email: str) -> Response:
    body = {"email": email, "currentPassword": ANA["password"]}
    return await api.put(EMAIL_URL, json=body)


async def move(api: AsyncClient, email: str, to: str) -> str:
    """Change a confirmed address; return the token of the link that undoes it."""
    assert (await change(api, to)).status_code == 202
    answer = await links.use(api, await links.mail(email, TokenPurpose.CHANGE, to))
    assert answer.json()["email"] == to
    return await links.mail(to, TokenPurpose.UNDO, email)


def is_refused(answer: Response) -> bool:
    errors = answer.json()["errors"]
    return answer.status_code == 400 and errors[0]["field"] == "token"


class TestConfirm:
    async def test_confirms_the_address(self, ana: AsyncClient) -> None:
        assert (await account(ana))["emailConfirmedAt"] is None
        await links.confirm(ana, ANA["email"])
        assert (await account(ana))["emailConfirmedAt"]
        (event,) = await recorded_events("EmailConfirmed")
        assert (event["user_version"], event["email"]) == (2, ANA["email"])

    async def test_works_signed_out(self, ana: AsyncClient) -> None:
        ana.cookies.clear()
        await links.confirm(ana, ANA["email"])
        assert "set-cookie" not in (await ana.get("/api/users/currentuser")).headers
        assert (await ana.get("/api/users/currentuser")).json()["currentUser"] is None

    async def test_takes_the_whole_link(self, ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        link = f" https://ticketing.dev/auth/confirm#token={token}\n"
        assert (await links.use(ana, link)).status_code == 200

    async def test_rejects_used_link(self, ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        await links.use(ana, token)
        assert is_refused(await links.use(ana, token))

    async def test_rejects_late_link(self, ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        await links.expire_tokens()
        assert is_refused(await links.use(ana, token))
        assert (await account(ana))["emailConfirmedAt"] is None

    @pytest.mark.parametrize("purpose", [TokenPurpose.RESET, TokenPurpose.UNDO])
    async def test_rejects_link_of_another_purpose(
        self, ana: AsyncClient, purpose: TokenPurpose
    ) -> None:
        assert is_refused(await links.use(ana, await links.mail(ANA["email"], purpose)))

    async def test_rejects_link_to_the_address_before(self, ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM, "mistyped@gittix.test")
        assert is_refused(await links.use(ana, token))

    async def test_a_second_link_is_harmless(self, ana: AsyncClient) -> None:
        second = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        await links.confirm(ana, ANA["email"])
        assert (await links.use(ana, second)).status_code == 200
        assert len(await recorded_events("EmailConfirmed")) == 1

    async def test_get_changes_nothing(self, ana: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.CONFIRM)
        for path in (links.CONFIRM_URL, links.RESET_URL):
            assert (await ana.get(f"{path}?token={token}")).status_code == 405
        assert (await links.use(ana, token)).status_code == 200


class TestAgain:
    async def test_asks_for_another_link(self, ana: AsyncClient) -> None:
        assert (await ana.post("/api/users/email/confirmation")).status_code == 202
        (event,) = await recorded_events("EmailConfirmationRequested")
        assert event["email"] == ANA["email"]

    async def test_of_a_confirmed_address_does_nothing(self, confirmed: AsyncClient) -> None:
        assert (await confirmed.post("/api/users/email/confirmation")).status_code == 202
        assert await recorded_events("EmailConfirmationRequested") == []

    async def test_is_limited(self, ana: AsyncClient, change_settings: Callable[..., None]) -> None:
        url = "/api/users/email/confirmation"
        answers = [await ana.post(url) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 429]
        change_settings(confirmation_limit_per_minute=0)
        answers = [await ana.post(url) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202] * 4 + [429]

    async def test_requires_sign_in(self, api: AsyncClient) -> None:
        assert (await api.post("/api/users/email/confirmation")).status_code == 401
        assert (await api.get("/api/users/account")).status_code == 401


class TestUnconfirmed:
    async def test_address_changes_at_once(self, ana: AsyncClient) -> None:
        answer = await change(ana, NEW)
        assert (answer.status_code, answer.json()["email"]) == (200, NEW)
        (event,) = await recorded_events("EmailConfirmationRequested")
        assert event["email"] == NEW
        assert await recorded_events("EmailChanged") == []

    async def test_links_to_the_address_before_end(self, ana: AsyncClient) -> None:
        tokens = [
            await links.mail(ANA["email"], purpose)
            for purpose in (TokenPurpose.CONFIRM, TokenPurpose.RESET)
        ]
        await change(ana, NEW)
        assert is_refused(await links.use(ana, tokens[0]))
        assert is_refused(await links.reset(ana, tokens[1]))


class TestChange:
    async def test_waits_for_the_new_address(self, confirmed: AsyncClient) -> None:
        answer = await change(confirmed, NEW)
        assert (answer.status_code, answer.json()["email"]) == (202, ANA["email"])
        (event,) = await recorded_events("EmailChangeRequested")
        assert (event["email"], event["new_email"]) == (ANA["email"], NEW)
        assert (await account(confirmed))["email"] == ANA["email"]
        answer = await confirmed.post("/api/users/signin", json=ANA)
        assert answer.status_code == 200

    async def test_is_completed_by_the_link(self, confirmed: AsyncClient) -> None:
        other = await sign_in_elsewhere(confirmed)
        await move(confirmed, ANA["email"], NEW)
        assert (await account(confirmed))["email"] == NEW
        assert await is_live(other)
        (event,) = await recorded_events("EmailChanged")
        assert (event["email"], event["former_email"]) == (NEW, ANA["email"])

    async def test_ends_links_to_the_former_address(self, confirmed: AsyncClient) -> None:
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        await move(confirmed, ANA["email"], NEW)
        assert is_refused(await links.reset(confirmed, token))

    async def test_rejects_an_address_that_is_taken_meanwhile(self, confirmed: AsyncClient) -> None:
        await change(confirmed, NEW)
        token = await links.mail(ANA["email"], TokenPurpose.CHANGE, NEW)
        mine = confirmed.cookies[auth.COOKIE]
        await confirmed.post("/api/users/signup", json={**ANA, "email": NEW})
        use(confirmed, mine)
        answer = await links.use(confirmed, token)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "Email in use")
        assert (await account(confirmed))["email"] == ANA["email"]


class TestThief:
    """Somebody with the password and a session moves the account to an address of their own."""

    async def test_change_is_undone(self, confirmed: AsyncClient) -> None:
        undo = await move(confirmed, ANA["email"], THIEF)
        thief = confirmed.cookies[auth.COOKIE]
        confirmed.cookies.clear()
        answer = await links.reset(confirmed, undo)
        assert (answer.status_code, answer.json()["email"]) == (200, ANA["email"])
        assert (await account(confirmed))["email"] == ANA["email"]
        assert not await is_live(thief)
        for credentials in (
            ANA,
            {**ANA, "email": THIEF},
            {"email": THIEF, "password": "battery staple"},
        ):
            answer = await confirmed.post("/api/users/signin", json=credentials)
            assert answer.status_code == 400

    async def test_cannot_prevent_it_by_more_changes(self, confirmed: AsyncClient) -> None:
        undo = await move(confirmed, ANA["email"], THIEF)
        email = THIEF
        later = ""
        for number in range(4):
            later = await move(confirmed, email, f"{number}-{THIEF}")
            email = f"{number}-{THIEF}"
        # Not even by undoing one of these, or by a reset.
        assert (await links.reset(confirmed, later)).status_code == 200
        token = await links.mail(f"2-{THIEF}", TokenPurpose.RESET)
        assert (await links.reset(confirmed, token, "correct horse")).status_code == 200
        answer = await links.reset(confirmed, undo, "tulip garden")
        assert answer.json()["email"] == ANA["email"]

    async def test_cannot_undo_the_undoing(self, confirmed: AsyncClient) -> None:
        undo = await move(confirmed, ANA["email"], THIEF)
        later = await move(confirmed, THIEF, NEW)
        assert (await links.reset(confirmed, undo)).status_code == 200
        assert is_refused(await links.reset(confirmed, later))
        assert (await account(confirmed))["email"] == ANA["email"]

    async def test_cannot_give_the_address_to_another_account(self, confirmed: AsyncClient) -> None:
        undo = await move(confirmed, ANA["email"], THIEF)
        answer = await confirmed.post("/api/users/signup", json=ANA)
        assert answer.json()["errors"] == [{"message": "Email in use", "field": "email"}]
        await confirmed.post("/api/users/signup", json={**ANA, "email": NEW})
        answer = await change(confirmed, ANA["email"])
        assert answer.json()["errors"] == [{"message": "Email in use", "field": "email"}]
        assert (await links.reset(confirmed, undo)).status_code == 200

    async def test_of_concurrent_undoings_one_succeeds(self, confirmed: AsyncClient) -> None:
        undo = await move(confirmed, ANA["email"], THIEF)
        answers = await asyncio.gather(*(links.reset(confirmed, undo) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400]

    async def test_owner_may_move_back(self, confirmed: AsyncClient) -> None:
        await move(confirmed, ANA["email"], NEW)
        await move(confirmed, NEW, ANA["email"])
        assert (await account(confirmed))["email"] == ANA["email"]
