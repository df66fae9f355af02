"""Responses of the API during and after outages of its parts."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from httpx import AsyncClient

from tests.factories import make_ticket
from tests.waiting import eventually
from ticketing_app.core import redis
from ticketing_app.devstack.stack import Stack

NO_ROOM = 2**20
"""A memory limit below the usage of an empty Redis."""


class TestHealth:
    async def test_live_and_ready(self, api: AsyncClient) -> None:
        for probe in ("live", "ready"):
            answer = await api.get(f"/api/health/{probe}")
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    @pytest.mark.parametrize(("part", "name"), [("postgres", "PostgreSQL"), ("redis", "Redis")])
    async def test_names_the_unavailable_part_and_recovers(
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

    @pytest.fixture
    async def full_redis(self, api: AsyncClient) -> AsyncGenerator[None]:  # noqa: ARG002  # order only.
        """The main Redis responds, but is full: it never evicts."""
        await redis.client().config_set("maxmemory", NO_ROOM)
        yield
        await redis.client().config_set("maxmemory", 0)

    @pytest.mark.usefixtures("full_redis")
    async def test_is_not_ready_when_redis_refuses_to_write(self, api: AsyncClient) -> None:
        assert await redis.client().execute_command("PING")
        ready = await api.get("/api/health/ready")
        assert ready.status_code == 503
        assert [error["message"] for error in ready.json()["errors"]] == ["Redis refuses to write."]

    async def test_readiness_covers_the_redis_of_the_pages_where_they_use_it(
        self, api: AsyncClient, stack: Stack, change_settings: Callable[..., None]
    ) -> None:
        stack.stop_part("redis-state")
        try:
            assert (await api.get("/api/health/ready")).status_code == 200
            change_settings(reflex_state_manager_mode="redis")
            ready = await api.get("/api/health/ready")
            assert ready.status_code == 503
            assert [error["message"] for error in ready.json()["errors"]] == [
                "Redis of the pages does not answer."
            ]
        finally:
            stack.start_part("redis-state")
        assert (await api.get("/api/health/ready")).status_code == 200

    async def test_full_page_state_stops_neither_limits_nor_writes(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(reflex_state_manager_mode="redis", signin_limit_per_minute=3)
        pages = redis.page_state_client()
        used = (await pages.info("memory"))["used_memory"]
        limit = (await pages.config_get("maxmemory"))["maxmemory"]
        await pages.config_set("maxmemory", used + 2**21)
        try:
            # Pages of strangers, in total twice as large as the memory for them.
            for number in range(64):
                await pages.set(f"stranger-{number}", "x" * 2**16, ex=3600)
            assert 0 < await pages.dbsize() < 64
            assert (await pages.info("stats"))["evicted_keys"] > 0
            wrong = {"email": "a@gittix.test", "password": "wrong horse"}
            answers = [await api.post("/api/users/signin", json=wrong) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
            assert (await api.get("/api/health/ready")).status_code == 200
        finally:
            await pages.config_set("maxmemory", limit)
            await pages.flushall()

    async def test_without_postgresql_asks_to_try_again(
        self, api: AsyncClient, stack: Stack
    ) -> None:
        ticket = await make_ticket()
        # In a thread: the event loop sees its connections close, as that of a web process does.
        await asyncio.to_thread(stack.stop_part, "postgres")
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
