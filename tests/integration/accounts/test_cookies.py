"""The session cookie over https."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response

from ticketing_app.accounts import auth

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


def cookies_of(answer: Response) -> dict[str, str]:
    """Return the session cookies of a response, with attributes, by name."""
    pairs = (header.split("=", 1) for header in answer.headers.get_list("set-cookie"))
    return {name: rest for name, rest in pairs if name in {auth.COOKIE, auth.HOST_COOKIE}}


class TestCookieOverHttps:
    @pytest.fixture(autouse=True)
    def served_over_https(self, change_settings: Callable[..., None]) -> None:
        change_settings(public_url="https://testserver")

    async def sign_up(self, api: AsyncClient) -> str:
        """Return the token."""
        answer = await api.post("/api/users/signup", json=ANA)
        api.cookies.clear()
        return cookies_of(answer)[auth.HOST_COOKIE].partition(";")[0]

    async def user(self, api: AsyncClient, **cookies: str) -> Any:  # noqa: ANN401  # JSON.
        header = "; ".join(f"{name}={token}" for name, token in cookies.items())
        answer = await api.get("/api/users/currentuser", headers={"cookie": header})
        return answer.json()["currentUser"]

    async def test_belongs_to_this_host_alone(self, api: AsyncClient) -> None:
        answer = await api.post("/api/users/signup", json=ANA)
        _, _, attributes = cookies_of(answer)["__Host-session"].partition("; ")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=lax"} < set(attributes.split("; "))
        assert "Domain" not in attributes

    async def test_is_set_under_the_old_name_for_the_version_before(self, api: AsyncClient) -> None:
        cookies = cookies_of(await api.post("/api/users/signup", json=ANA))
        assert cookies[auth.COOKIE] == cookies[auth.HOST_COOKIE]

    async def test_is_accepted_under_the_old_name(self, api: AsyncClient) -> None:
        assert await self.user(api, session=await self.sign_up(api))

    async def test_takes_precedence_over_the_old_name(self, api: AsyncClient) -> None:
        mine = await self.sign_up(api)
        other = await api.post("/api/users/signup", json=ANA | {"email": "eve@gittix.test"})
        theirs = cookies_of(other)[auth.COOKIE].partition(";")[0]
        api.cookies.clear()
        both = {"session": theirs, "__Host-session": mine}
        assert (await self.user(api, **both))["email"] == ANA["email"]
        garbage = {"session": theirs, "__Host-session": "garbage"}
        assert (await self.user(api, **garbage))["email"] == "eve@gittix.test"

    async def test_is_deleted_under_both_names(self, api: AsyncClient) -> None:
        token = await self.sign_up(api)
        headers = {"cookie": f"session={token}"}
        cookies = cookies_of(await api.post("/api/users/signout", headers=headers))
        assert cookies.keys() == {auth.COOKIE, auth.HOST_COOKIE}
        assert all("Max-Age=0" in cookie for cookie in cookies.values())
        assert await self.user(api, session=token) is None
