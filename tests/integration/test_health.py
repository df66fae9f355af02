"""What the API says while a part that it needs is away, and after it came back."""

import pytest
from httpx import AsyncClient

from tests.factories import make_ticket
from tests.waiting import eventually
from ticketing_app.devstack.stack import Stack


class TestHealth:
    async def test_live_and_ready(self, api: AsyncClient) -> None:
        for probe in ("live", "ready"):
            answer = await api.get(f"/api/health/{probe}")
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    @pytest.mark.parametrize(("part", "name"), [("postgres", "PostgreSQL"), ("redis", "Redis")])
    async def test_says_which_part_is_away_and_recovers_by_itself(
        self, api: AsyncClient, stack: Stack, part: str, name: str
    ) -> None:
        stack.stop_part(part)
        try:
            ready = await api.get("/api/health/ready")
            assert ready.status_code == 503
            assert [error["message"] for error in ready.json()["errors"]] == [
                f"{name} does not answer."
            ]
            assert (await api.get("/api/health/live")).status_code == 200
        finally:
            stack.start_part(part)

        async def is_ready() -> bool:
            return (await api.get("/api/health/ready")).status_code == 200

        await eventually(is_ready)

    async def test_without_postgresql_people_are_told_to_try_again(
        self, api: AsyncClient, stack: Stack
    ) -> None:
        ticket = await make_ticket()
        stack.stop_part("postgres")
        try:
            answer = await api.get(f"/api/tickets/{ticket.id}")
            assert answer.status_code == 503
            assert "Try again" in answer.json()["errors"][0]["message"]
        finally:
            stack.start_part("postgres")

        async def is_back() -> bool:
            return (await api.get(f"/api/tickets/{ticket.id}")).status_code == 200

        await eventually(is_back)

    async def test_without_redis_the_market_goes_on(self, api: AsyncClient, stack: Stack) -> None:
        ticket = await make_ticket()
        stack.stop_part("redis")
        try:
            buyer = {"email": "b@gittix.test", "password": "correct horse"}
            assert (await api.post("/api/users/signup", json=buyer)).status_code == 201
            answer = await api.post("/api/orders", json={"ticketId": str(ticket.id)})
            assert answer.status_code == 201
        finally:
            stack.start_part("redis")
