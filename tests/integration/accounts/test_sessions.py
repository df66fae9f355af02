import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.accounts.browsers import ANA, header, is_live, sign_in_elsewhere, use
from tests.waiting import eventually
from ticketing_app.accounts import auth
from ticketing_app.core import db

URL = "/api/users/sessions"


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    """Signed in on a phone."""
    await api.post("/api/users/signup", json=ANA, headers={"user-agent": "phone"})
    return api


async def sessions(api: AsyncClient) -> list[dict[str, Any]]:
    return (await api.get(URL)).json()["items"]


class TestListSessions:
    async def test_returns_device_address_times_and_current(self, ana: AsyncClient) -> None:
        await sign_in_elsewhere(ana)
        rows = await sessions(ana)
        assert [(row["device"], row["isCurrent"]) for row in rows] == [
            ("laptop", False),
            ("phone", True),
        ]
        assert rows[0].keys() == {
            "id",
            "device",
            "address",
            "createdAt",
            "lastSeenAt",
            "expiresAt",
            "isCurrent",
        }
        assert rows[0]["address"] == "127.0.0.1"

    async def test_excludes_ended_and_foreign_sessions(self, ana: AsyncClient) -> None:
        token = await sign_in_elsewhere(ana)
        phone = ana.cookies[auth.COOKIE]
        use(ana, token)
        await ana.post("/api/users/signout")
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        use(ana, phone)
        assert [row["device"] for row in await sessions(ana)] == ["phone"]

    async def test_cuts_long_hints(self, ana: AsyncClient) -> None:
        await sign_in_elsewhere(ana, "x" * 5000)
        assert (await sessions(ana))[0]["device"] == "x" * 200

    async def test_requires_a_session(self, api: AsyncClient) -> None:
        assert (await api.get(URL)).status_code == 401


class TestEndSession:
    async def test_signs_out_the_other_browser_at_once(self, ana: AsyncClient) -> None:
        token = await sign_in_elsewhere(ana)
        assert await is_live(token)
        (row,) = [row for row in await sessions(ana) if not row["isCurrent"]]
        answers = [await ana.delete(f"{URL}/{row['id']}") for _ in range(2)]
        # Idempotent.
        assert [answer.status_code for answer in answers] == [204, 204]
        assert "set-cookie" not in answers[0].headers
        assert not await is_live(token)
        assert [row["device"] for row in await sessions(ana)] == ["phone"]

    async def test_of_this_browser_clears_its_cookie(self, ana: AsyncClient) -> None:
        (row,) = await sessions(ana)
        answer = await ana.delete(f"{URL}/{row['id']}")
        assert answer.status_code == 204
        assert auth.COOKIE not in ana.cookies

    async def test_is_404_for_foreign_and_unknown_sessions(self, ana: AsyncClient) -> None:
        (row,) = await sessions(ana)
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        for session_id in (row["id"], uuid4(), "nonsense"):
            answer = await ana.delete(f"{URL}/{session_id}")
            assert answer.status_code == 404
            assert answer.json()["errors"][0]["message"].startswith("We could not find this")
        assert await is_live(mine)

    async def test_rejects_requests_of_the_revoked_session(self, ana: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        order = (await ana.post("/api/orders", json={"ticketId": str(ticket.id)})).json()
        laptop = header(await sign_in_elsewhere(ana))
        ids = [row["id"] for row in await sessions(ana) if not row["isCurrent"]]
        ana.cookies.clear()

        async def use_it() -> list[int]:
            url = f"/api/orders/{order['id']}"
            return [(await ana.get(url, headers=laptop)).status_code for _ in range(30)]

        async def end_it() -> None:
            async with db.transaction() as session:
                await auth.end_session(session, session_id=UUID(ids[0]))

        statuses, _ = await asyncio.gather(use_it(), end_it())
        assert statuses == sorted(statuses)
        assert statuses[-1] == 401


class TestEndSessions:
    async def test_signs_out_everywhere_else(self, ana: AsyncClient) -> None:
        tokens = [await sign_in_elsewhere(ana, device) for device in ("laptop", "library")]
        answer = await ana.delete(URL)
        assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)
        assert not any([await is_live(token) for token in tokens])
        assert [row["device"] for row in await sessions(ana)] == ["phone"]

    async def test_signs_out_here_too_if_wanted(self, ana: AsyncClient) -> None:
        token = await sign_in_elsewhere(ana)
        answer = await ana.delete(URL, params={"includingThis": "true"})
        assert answer.status_code == 204
        assert auth.COOKIE not in ana.cookies
        assert not await is_live(token)

    async def test_leaves_other_accounts(self, ana: AsyncClient) -> None:
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        await ana.delete(URL, params={"includingThis": "true"})
        assert await is_live(mine)

    async def test_concurrent_calls_leave_at_most_one_session(self, ana: AsyncClient) -> None:
        tokens = [ana.cookies[auth.COOKIE], await sign_in_elsewhere(ana)]
        ana.cookies.clear()
        answers = await asyncio.gather(
            *(ana.delete(URL, headers=header(token)) for token in tokens)
        )
        assert {answer.status_code for answer in answers} <= {204, 401}
        assert sum([await is_live(token) for token in tokens]) <= 1

    async def test_reads_only_a_flag(self, ana: AsyncClient) -> None:
        answer = await ana.delete(URL, params={"includingThis": "perhaps"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "includingThis"


class TestBoth:
    @pytest.mark.parametrize("url", [URL, f"{URL}/nonsense"])
    async def test_require_a_session_and_own_origin(self, ana: AsyncClient, url: str) -> None:
        foreign = await ana.delete(url, headers={"origin": "https://evil.test"})
        assert foreign.status_code == 403
        ana.cookies.clear()
        assert (await ana.delete(url)).status_code == 401

    async def test_notify_the_listener(self, ana: AsyncClient) -> None:
        notified: list[UUID] = []

        async def notify(session_id: UUID) -> None:
            notified.append(session_id)

        await sign_in_elsewhere(ana)
        listener = asyncio.create_task(auth.listen_for_ended_sessions(notify))
        try:
            await eventually(lambda: auth._is_listening)
            ids = {UUID(row["id"]) for row in await sessions(ana)}
            await ana.delete(URL, params={"includingThis": "true"})
            await eventually(lambda: set(notified) == ids)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def test_are_described(self, api: AsyncClient) -> None:
        paths = (await api.get("/api/openapi.json")).json()["paths"]
        responses = {
            (path, method): set(operation["responses"])
            for path in (URL, f"{URL}/{{session_id}}")
            for method, operation in paths[path].items()
        }
        assert responses == {
            (URL, "get"): {"200", "401", "503"},
            (URL, "delete"): {"204", "400", "401", "403", "503"},
            (f"{URL}/{{session_id}}", "delete"): {"204", "401", "403", "404", "503"},
        }
