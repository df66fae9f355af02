"""A crash between the objects of an upload and its row."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests import ticket_files
from tests.outside.api_client import ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.payment_market import PaymentMarket
from tests.site import Site
from tests.waiting import eventually

pytestmark = pytest.mark.slow

TWO_DAYS_SECONDS = 2 * 24 * 3600
WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'vault_files'::regclass"""
FILES = "SELECT id FROM vault_files"


@asynccontextmanager
async def no_rows(site: Site) -> AsyncGenerator[None]:
    """Let new rows of files wait."""
    url = site.stack.env["DATABASE_URL"].replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE vault_files IN SHARE ROW EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


def objects(site: Site) -> dict[str, list[Path]]:
    """Return the objects of each file."""
    found: dict[str, list[Path]] = {}
    for path in (site.stack.data_dir / "files").glob("??/*/*"):
        found.setdefault(path.parent.name, []).append(path)
    return found


def let_two_days_pass(site: Site) -> None:
    then = time.time() - TWO_DAYS_SECONDS
    for paths in objects(site).values():
        for path in paths:
            os.utime(path, (then, then))


async def test_loses_and_shows_nothing_and_is_swept(
    site: Site, clients: ApiClients, probe: DatabaseProbe, market: PaymentMarket
) -> None:
    async def is_row_waiting() -> bool:
        return (await probe.rows(WAITING))[0]["count"] > 0

    seller = await clients.sign_up()
    before = {str(row["id"]) for row in await probe.rows(FILES)}
    content = ticket_files.pkpass("LANTERNS-CRASH-1")
    async with no_rows(site):
        uploading = asyncio.create_task(seller.post("/api/files", content=content))
        await eventually(is_row_waiting)
        await asyncio.to_thread(site.kill_web)
        with pytest.raises(httpx.TransportError):
            await uploading
    await asyncio.to_thread(site.start_web)
    assert {str(row["id"]) for row in await probe.rows(FILES)} == before
    (orphan,) = objects(site).keys() - before

    again = await seller.post("/api/files", content=content)
    (item,) = again.raise_for_status().json()["items"]
    promise = {"method": "file", "fileIds": [item["id"]]}
    await seller.sell(delivery=promise)
    await asyncio.to_thread(let_two_days_pass, site)
    await market.run("vault.sweep")
    left = objects(site).keys()
    assert orphan not in left
    assert item["id"] in left
