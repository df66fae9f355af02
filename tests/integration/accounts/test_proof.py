"""Valuable acts need a password or passkey that was shown within the last ten minutes."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from tests.integration.accounts.browsers import ANA, age_proofs, is_live, sign_in_elsewhere, use
from ticketing_app.accounts import auth
from ticketing_app.core import db

SESSIONS_URL = "/api/users/sessions"
ACTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PUT", "/api/users/currentuser/email", {"email": "anna@gittix.test"}),
    ("PUT", "/api/users/currentuser/password", {"newPassword": "battery staple"}),
    ("DELETE", SESSIONS_URL, None),
    ("DELETE", f"{SESSIONS_URL}?includingThis=true", None),
]


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


def is_proof_needed(answer: Response) -> bool:
    problem = answer.json()
    return (answer.status_code, problem["type"]) == (403, "/problems/proof-needed")


async def forget_proofs() -> None:
    """Make all sessions those of the version before."""
    async with db.autocommit() as connection:
        await connection.execute(text("UPDATE sessions SET proved_at = NULL"))


class TestValuableActs:
    @pytest.mark.parametrize(("method", "url", "body"), ACTS)
    async def test_are_allowed_after_sign_in(
        self, ana: AsyncClient, method: str, url: str, body: dict[str, Any] | None
    ) -> None:
        await age_proofs(minutes=9)
        answer = await ana.request(method, url, json=body)
        assert answer.status_code in {200, 204}

    @pytest.mark.parametrize(("method", "url", "body"), ACTS)
    async def test_reject_a_stale_proof(
        self, ana: AsyncClient, method: str, url: str, body: dict[str, Any] | None
    ) -> None:
        other = await sign_in_elsewhere(ana)
        await age_proofs()
        assert is_proof_needed(await ana.request(method, url, json=body))
        await forget_proofs()
        assert is_proof_needed(await ana.request(method, url, json=body))
        assert await is_live(other)
        assert (await ana.post("/api/users/signin", json=ANA)).status_code == 200

    async def test_another_session_cannot_be_ended_with_a_stale_proof(
        self, ana: AsyncClient
    ) -> None:
        other = await sign_in_elsewhere(ana)
        rows = (await ana.get(SESSIONS_URL)).json()["items"]
        urls = {row["isCurrent"]: f"{SESSIONS_URL}/{row['id']}" for row in rows}
        await age_proofs()
        assert is_proof_needed(await ana.delete(urls[False]))
        assert await is_live(other)
        assert (await ana.delete(urls[True])).status_code == 204, "signing out needs none"

    async def test_the_proof_of_another_session_does_not_count(self, ana: AsyncClient) -> None:
        await age_proofs()
        await sign_in_elsewhere(ana)
        assert is_proof_needed(await ana.delete(SESSIONS_URL))

    async def test_a_revoked_session_has_no_proof(self, ana: AsyncClient) -> None:
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signout")
        use(ana, mine)
        assert (await ana.delete(SESSIONS_URL)).status_code == 401

    async def test_the_current_password_in_the_body_is_a_proof(self, ana: AsyncClient) -> None:
        await age_proofs()
        change = {"currentPassword": ANA["password"], "newPassword": "battery staple"}
        assert (await ana.put("/api/users/currentuser/password", json=change)).status_code == 200
        assert (await ana.delete(SESSIONS_URL)).status_code == 204

    async def test_a_wrong_password_in_the_body_is_none(self, ana: AsyncClient) -> None:
        change = {"currentPassword": "wrong horse", "newPassword": "battery staple"}
        answer = await ana.put("/api/users/currentuser/password", json=change)
        assert [error["field"] for error in answer.json()["errors"]] == ["currentPassword"]
        await age_proofs()
        await ana.put("/api/users/currentuser/password", json=change)
        assert is_proof_needed(await ana.delete(SESSIONS_URL))
