"""Facts as metrics, with PostgreSQL and Redis up and down."""

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
    """Return the metrics of a scrape, made in a thread as the server does."""
    registry = CollectorRegistry()
    registry.register(facts or FactsCollector())
    text = (await asyncio.to_thread(generate_latest, registry)).decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("gittix_"): float(value) for name, _, value in lines}


class TestFactsCollector:
    async def test_exports_backlogs(self) -> None:
        await record()
        metrics = await scrape()
        assert (metrics["database_up"], metrics["redis_up"]) == (1, 1)
        assert metrics["outbox_unsent_events"] == 1
        assert metrics["outbox_lag_seconds"] > 0
        assert (
            metrics["relay_leads"] == metrics["scheduler_works"] == metrics["consumer_reads"] == 0
        )
        assert (
            metrics['refunds_open{status="due"}']
            == metrics['payment_alerts_open{kind="dispute"}']
            == 0
        )

    async def test_caches_facts(self, monkeypatch: pytest.MonkeyPatch) -> None:
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

    async def test_exports_redis_without_a_database(
        self, change_settings: Callable[..., None]
    ) -> None:
        unused = f"postgresql+asyncpg://gittix@127.0.0.1:{free_port()}/gittix"
        change_settings(database_url=unused)
        metrics = await scrape()
        assert metrics["database_up"] == 0
        assert "outbox_unsent_events" not in metrics
        assert metrics['jobs_queued{queue="outside"}'] == 0

    async def test_gives_up_on_a_hanging_database(self, stack: Stack) -> None:
        started = time.monotonic()
        stack.pause("postgres")
        try:
            metrics = await scrape()
        finally:
            stack.resume("postgres")
        assert (metrics["database_up"], metrics["redis_up"]) == (0, 1)
        assert time.monotonic() - started < 8

    async def test_gives_up_on_a_slow_query(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def sleep(_: object) -> float:
            await asyncio.sleep(60)
            return 0

        monkeypatch.setattr(collector, "READ_SECONDS", 1)
        monkeypatch.setattr(collector, "get_expiry_lag_seconds", sleep)
        assert (await scrape())["database_up"] == 0

    async def test_exports_the_database_without_redis(self, stack: Stack) -> None:
        stack.pause("redis")
        try:
            metrics = await scrape()
        finally:
            stack.resume("redis")
        assert (metrics["database_up"], metrics["redis_up"]) == (1, 0)
        assert "jobs_queued" not in metrics
        assert metrics["outbox_unsent_events"] == 0

    async def test_survives_bugs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def crash(_: object) -> float:
            raise ZeroDivisionError

        def crash_too() -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(collector, "get_expiry_lag_seconds", crash)
        metrics = await scrape()
        assert (metrics["database_up"], metrics["redis_up"]) == (0, 1)
        monkeypatch.setattr(collector, "get_worker_state", crash_too)
        assert (await scrape())["redis_up"] == 0
