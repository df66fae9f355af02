"""Idle connections that never send a request."""

import asyncio
import resource
from collections.abc import Generator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.site import Site

SILENT = 1_100
"""Many, but fewer than the server permits."""
ANSWER_SECONDS = 10


@pytest.fixture
def many_files() -> Generator[None]:
    """This process, too, has to keep all of them open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_do_not_stop_the_site_for_others(site: Site) -> None:
    address = urlsplit(site.url)
    async with AsyncExitStack() as connections:
        for _ in range(SILENT):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            connections.callback(writer.close)
        async with httpx.AsyncClient(base_url=site.url, timeout=ANSWER_SECONDS) as visitor:
            for path in ("/api/health/ready", "/api/tickets", "/"):
                assert (await visitor.get(path)).is_success
