"""The facts as metrics, while PostgreSQL and Redis answer and while they do not."""

import asyncio
import time
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from tests.integration.messaging.samples import record
from tests.site import free_port
from ticketing_app.devstack.stack import Stack
from ticketing_app.monitoring import collector
from ticketing_app.monitoring.collector import FactsCollector

pytestmark = pytest.mark.usefixtures("database")


async def scrape(facts: FactsCollector | None = None) -> dict[str, float]:
    """Return what Prometheus would read, as in the server's own thread."""
    registry = CollectorRegistry()
    registry.register(facts or FactsCollector())
    text = (await asyncio.to_thread(generate_latest, registry)).decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("gittix_"): float(value) for name, _, value in lines}


class TestFactsCollector:
    async def test_tells_what_waits(self) -> None:
        await record()
        told = await scrape()
        assert (told["database_up"], told["redis_up"]) == (1, 1)
        assert told["outbox_unsent_events"] == 1
        assert told["outbox_lag_seconds"] > 0
        assert told["relay_leads"] == told["scheduler_works"] == told["consumer_reads"] == 0
        assert (
            told['refunds_open{status="due"}'] == told['payment_alerts_open{kind="dispute"}'] == 0
        )

    async def test_asks_no_more_often_than_every_few_seconds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        facts = FactsCollector()
        await record()
        assert (await scrape(facts))["outbox_unsent_events"] == 1
        await record()
        assert (await scrape(facts))["outbox_unsent_events"] == 1
        monkeypatch.setattr(collector, "CACHE_SECONDS", 0)
        facts = FactsCollector()
        await scrape(facts)
        await record()
        assert (await scrape(facts))["outbox_unsent_events"] == 3

    async def test_tells_the_rest_without_a_database(
        self, change_settings: Callable[..., None]
    ) -> None:
        nobody = f"postgresql+asyncpg://gittix@127.0.0.1:{free_port()}/gittix"
        change_settings(database_url=nobody)
        told = await scrape()
        assert told["database_up"] == 0
        assert "outbox_unsent_events" not in told
        assert told['jobs_queued{queue="outside"}'] == 0

    async def test_does_not_wait_for_a_database_that_hangs(self, stack: Stack) -> None:
        started = time.monotonic()
        stack.pause("postgres")
        try:
            told = await scrape()
        finally:
            stack.resume("postgres")
        assert (told["database_up"], told["redis_up"]) == (0, 1)
        assert time.monotonic() - started < 8

    async def test_does_not_wait_for_a_query_that_takes_too_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def sleep(_: object) -> float:
            await asyncio.sleep(60)
            return 0

        monkeypatch.setattr(collector, "READ_SECONDS", 1)
        monkeypatch.setattr(collector, "get_expiry_lag_seconds", sleep)
        assert (await scrape())["database_up"] == 0

    async def test_tells_the_rest_without_redis(self, stack: Stack) -> None:
        stack.pause("redis")
        try:
            told = await scrape()
        finally:
            stack.resume("redis")
        assert (told["database_up"], told["redis_up"]) == (1, 0)
        assert "jobs_queued" not in told
        assert told["outbox_unsent_events"] == 0

    async def test_survives_bugs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def crash(_: object) -> float:
            raise ZeroDivisionError

        def crash_too() -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(collector, "get_expiry_lag_seconds", crash)
        told = await scrape()
        assert (told["database_up"], told["redis_up"]) == (0, 1)
        monkeypatch.setattr(collector, "get_worker_state", crash_too)
        assert (await scrape())["redis_up"] == 0
