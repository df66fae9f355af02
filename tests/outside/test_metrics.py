"""Metrics of each process of a running site, on ports that are not public."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.outside.api_client import ApiClients
from tests.outside.socket_client import SocketClient
from tests.site import PROCESSES, Site
from tests.waiting import eventually

HANDLER = (
    'gittix_page_handler_duration_seconds_count{handler="TicketDetailState.load",outcome="done"}'
)
REQUEST = "gittix_http_request_duration_seconds_count"


class Prometheus:
    """Reads the metrics of the site's processes, from the port of the web process upwards."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self._site, self._client = site, client

    async def scrape(self, offset: int) -> dict[str, float]:
        """Return the metrics of one process."""
        url = f"http://127.0.0.1:{self._site.metrics_port + offset}/metrics"
        text = (await self._client.get(url)).raise_for_status().text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    async def has(self, offset: int, **wanted: float) -> bool:
        told = await self.scrape(offset)
        return all(told.get(f"gittix_{name}") == value for name, value in wanted.items())


@pytest.mark.usefixtures("one_worker")
async def test_every_process_serves_its_metrics_and_the_scheduler_those_of_all(
    site: Site, clients: ApiClients
) -> None:
    ana, ben = await clients.sign_up(), await clients.sign_up()
    ticket = await ana.sell()
    page = f"/tickets/{ticket['id']}"
    async with httpx.AsyncClient(trust_env=False) as client:
        prometheus = Prometheus(site, client)
        before = await prometheus.scrape(0)
        one_more = before["gittix_pages_connected"] + 1
        async with SocketClient(site.url, page, origin=site.url):
            await eventually(lambda: prometheus.has(0, pages_connected=one_more))
            await eventually(lambda: is_loaded(prometheus, before))
        assert (await ben.purchase(ticket["id"])).status_code == 201
        assert (await ben.purchase(ticket["id"])).status_code == 409
        web, *workers = await asyncio.gather(*map(prometheus.scrape, range(PROCESSES)))

        def grew(name: str) -> float:
            return web.get(name, 0) - before.get(name, 0)

        assert grew("gittix_holds_made_total") == 1
        assert grew('gittix_holds_refused_total{reason="ticket_already_reserved"}') == 1
        assert grew(f'{REQUEST}{{method="POST",route="/api/orders",status="4xx"}}') == 1
        assert web["gittix_database_connections_max"] == 20
        for told in (web, *workers):
            assert told["process_resident_memory_bytes"] > 0
            assert told["gittix_database_connections_max"] == 20
        is_all_well = {"database_up": 1, "redis_up": 1, "relay_leads": 1, "scheduler_works": 1}
        await eventually(
            lambda: prometheus.has(2, jobs_work=1, outside_works=1, consumer_reads=1, **is_all_well)
        )
        assert not any("gittix_database_up" in told for told in (web, *workers[:1], *workers[2:]))
        assert is_without_ids(web, ticket)


async def is_loaded(prometheus: Prometheus, before: dict[str, float]) -> bool:
    return (await prometheus.scrape(0)).get(HANDLER, 0) > before.get(HANDLER, 0)


def is_without_ids(told: dict[str, float], ticket: dict[str, Any]) -> bool:
    return not any(ticket["id"] in name or "@" in name for name in told)


async def test_public_port_has_no_metrics(site: Site) -> None:
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answers = [await stranger.get(f"{site.url}{path}") for path in ("/metrics", "/api/metrics")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert not any("gittix_" in answer.text for answer in answers)
