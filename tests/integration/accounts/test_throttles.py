"""Limits of password guesses, during which known devices can still sign in."""

from collections.abc import AsyncGenerator, Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from ticketing_app.accounts import auth, devices
from ticketing_app.core import limits

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
WRONG = {**ANA, "password": "wrong horse"}

ChangeSettings = Callable[..., None]


@pytest.fixture
async def stranger(application: FastAPI, api: AsyncClient) -> AsyncGenerator[AsyncClient]:  # noqa: ARG001  # order only.
    """Another browser."""
    transport = ASGITransport(application, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def sign_in(browser: AsyncClient, body: dict[str, str], address: str = "192.0.2.1") -> int:
    return (await sign_in_answer(browser, body, address)).status_code


async def sign_in_answer(
    browser: AsyncClient, body: dict[str, str], address: str = "192.0.2.1"
) -> Response:
    headers = {"x-forwarded-for": address}
    return await browser.post("/api/users/signin", json=body, headers=headers)


def device_cookie(answer: Response) -> Any:  # noqa: ANN401  # a Morsel of any value.
    (cookie,) = [
        morsel
        for header in answer.headers.get_list("set-cookie")
        for name, morsel in SimpleCookie(header).items()
        if name.startswith(devices.PREFIX)
    ]
    return cookie


class TestGuesses:
    async def test_from_one_ipv6_network_share_a_limit(
        self, stranger: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(trusted_proxy_hops=1, signin_limit_per_minute=10)
        found = [await sign_in(stranger, WRONG, f"2001:db8::{number:x}") for number in range(13)]
        assert found == [400] * 10 + [429] * 3
        assert await sign_in(stranger, WRONG, "2001:db8:0:1::1") == 400

    async def test_share_a_limit_in_each_spelling_of_an_address(
        self, stranger: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(trusted_proxy_hops=1, signin_limit_per_minute=2)
        spellings = ["192.0.2.1", "192.0.2.1:4711", "::ffff:192.0.2.1", "[::FFFF:C000:201]:1"]
        assert [await sign_in(stranger, WRONG, each) for each in spellings] == [400, 400, 429, 429]

    async def test_from_many_addresses_share_the_limit_of_the_account(
        self, stranger: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(trusted_proxy_hops=1, signin_limit_per_account_per_hour=5)
        found = [await sign_in(stranger, WRONG, f"192.0.2.{number}") for number in range(7)]
        assert found == [400] * 5 + [429] * 2

    async def test_answer_the_same_for_unknown_accounts(
        self, api: AsyncClient, stranger: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(signin_limit_per_minute=1)
        assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
        shown: list[list[Any]] = []
        for email in (ANA["email"], "nobody@gittix.test"):
            answers = [await sign_in_answer(stranger, {**WRONG, "email": email}) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [400, 429]
            assert answers[1].headers["retry-after"]
            shown.append([answers[0].json()["errors"], answers[1].json()["title"]])
        assert shown[0] == shown[1]

    @pytest.mark.parametrize(
        "limit", ["per_minute", "per_address_per_minute", "per_account_per_hour"]
    )
    async def test_are_not_limited_at_zero(
        self, stranger: AsyncClient, change_settings: ChangeSettings, limit: str
    ) -> None:
        others = {"per_minute", "per_address_per_minute", "per_account_per_hour"}
        change_settings(**{f"signin_limit_{name}": 0 for name in others})
        assert {await sign_in(stranger, WRONG) for _ in range(12)} == {400}
        change_settings(**{f"signin_limit_{limit}": 1})
        assert [await sign_in(stranger, WRONG) for _ in range(2)] == [400, 429]


class TestKnownDevice:
    @pytest.fixture(autouse=True)
    async def owner(self, api: AsyncClient, change_settings: ChangeSettings) -> AsyncClient:
        change_settings(
            trusted_proxy_hops=1,
            signin_limit_per_minute=10,
            signin_limit_per_address_per_minute=0,
            signin_limit_per_account_per_hour=3,
        )
        assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
        return api

    async def guess(self, stranger: AsyncClient) -> None:
        """Use up the limit of unknown devices."""
        found = [await sign_in(stranger, WRONG, f"198.51.100.{number}") for number in range(4)]
        assert found == [400, 400, 400, 429]

    async def test_signs_in_while_others_guess(
        self, api: AsyncClient, stranger: AsyncClient
    ) -> None:
        await self.guess(stranger)
        assert await sign_in(stranger, ANA, "198.51.100.99") == 429
        assert await sign_in(api, ANA) == 200

    async def test_has_a_separate_limit(self, api: AsyncClient, stranger: AsyncClient) -> None:
        assert [await sign_in(api, WRONG) for _ in range(4)] == [400, 400, 400, 429]
        assert await sign_in(stranger, ANA) == 200

    async def test_keeps_its_id_and_limit_at_the_next_sign_in(self, api: AsyncClient) -> None:
        assert [await sign_in(api, ANA) for _ in range(4)] == [200, 200, 200, 429]

    async def test_is_known_for_one_account_only(
        self, api: AsyncClient, stranger: AsyncClient
    ) -> None:
        ben = {**ANA, "email": "ben@gittix.test"}
        assert (await stranger.post("/api/users/signup", json=ben)).status_code == 201
        assert [await sign_in(api, {**ben, "password": "wrong horse"}) for _ in range(3)] == [
            400
        ] * 3
        assert await sign_in(api, ben) == 429
        assert await sign_in(stranger, ben) == 200

    async def test_is_unknown_after_a_change_of_the_password_elsewhere(
        self, api: AsyncClient, stranger: AsyncClient
    ) -> None:
        assert await sign_in(stranger, ANA) == 200
        change = {"currentPassword": ANA["password"], "newPassword": "better horse"}
        answer = await api.put("/api/users/currentuser/password", json=change)
        assert answer.status_code == 200
        new = {**ANA, "password": "better horse"}
        # The sign-in used one of the three attempts.
        assert [await sign_in(stranger, WRONG) for _ in range(3)] == [400, 400, 429]
        assert await sign_in(stranger, new) == 429
        assert await sign_in(api, new) == 200

    async def test_rejects_made_up_cookies(self, stranger: AsyncClient) -> None:
        answer = await sign_in_answer(stranger, ANA)
        cookie = device_cookie(answer)
        head, claims, _ = cookie.value.split(".")
        stranger.cookies.clear()
        for value in ("", "x", f"{head}.{claims}.", f"{head}.{claims}.AAAA"):
            stranger.cookies.set(cookie.key, value, path=devices.PATH)
            await sign_in(stranger, WRONG)
        assert await sign_in(stranger, ANA) == 429

    async def test_cookie_is_no_session_and_vice_versa(
        self, api: AsyncClient, stranger: AsyncClient
    ) -> None:
        cookie = device_cookie(await sign_in_answer(api, ANA))
        headers = {"cookie": f"{auth.COOKIE}={cookie.value}"}
        who = await stranger.get("/api/users/currentuser", headers=headers)
        assert who.json() == {"currentUser": None}
        await self.guess(stranger)
        stranger.cookies.set(cookie.key, api.cookies[auth.COOKIE], path=devices.PATH)
        assert await sign_in(stranger, ANA) == 429

    async def test_cookie_is_http_only_and_strict(self, api: AsyncClient) -> None:
        cookie = device_cookie(await sign_in_answer(api, ANA))
        assert (cookie["httponly"], cookie["samesite"]) == (True, "strict")
        assert (cookie["path"], cookie["secure"]) == ("/api/users", "")
        assert int(cookie["max-age"]) == 365 * 86_400

    async def test_cookie_is_secure_over_https(
        self, api: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(public_url="https://gittix.test")
        assert device_cookie(await sign_in_answer(api, ANA))["secure"] is True


class TestSignUp:
    async def test_from_one_network_shares_a_limit(
        self, stranger: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(trusted_proxy_hops=1, signup_limit_per_hour=2)
        found: list[int] = []
        for number, address in enumerate(["2001:db8::1", "[2001:db8::2]:80", "2001:DB8::3"]):
            body = {**ANA, "email": f"{number}@gittix.test"}
            headers = {"x-forwarded-for": address}
            answer = await stranger.post("/api/users/signup", json=body, headers=headers)
            found.append(answer.status_code)
        assert found == [201, 201, 429]

    async def test_fifty_from_one_address_are_welcome_in_development(self) -> None:
        limits.bind_address("127.0.0.1")
        assert all([await limits.hit("signups") is None for _ in range(50)])
