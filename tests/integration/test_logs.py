"""Logs in production are JSON lines, also those of libraries."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from rq import Queue

from tests.site import free_port
from tests.unit.core.test_settings import PRODUCTION
from tests.waiting import eventually
from ticketing_app.core import queues, redis
from ticketing_app.devstack.stack import ROOT, Stack

pytestmark = pytest.mark.usefixtures("database")
WAIT_SECONDS = 60
SERVE = """
from ticketing_app.core import server

server.serve("{site}", host="127.0.0.1", port={port})
"""


@asynccontextmanager
async def production(stack: Stack, *command: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a process as production does, on the databases of the tests; it ends with the block."""
    databases = {name: stack.env[name] for name in ("DATABASE_URL", "REDIS_URL")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command,
        cwd=ROOT, env=os.environ | PRODUCTION | databases,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def read_until(process: asyncio.subprocess.Process, event: str) -> dict[str, Any]:
    """Return the line about `event`; every line before it has to be JSON as well."""
    assert process.stdout
    async with asyncio.timeout(WAIT_SECONDS):
        async for line in process.stdout:
            said = json.loads(line)
            if event in said["event"]:
                return said
    raise AssertionError(f"it ended and never said {event}")


async def test_worker_logs_lines_of_rq(stack: Stack) -> None:
    async with production(stack, "worker.py", "jobs") as worker:
        with redis.sync_client() as connection:
            queue = Queue(connection=connection, serializer=queues.Serializer)
            queue.enqueue("expiration.expire_due_orders", "too much")
        said = await read_until(worker, "exception raised while executing")
    assert said["logger"] == "rq.worker"
    assert said["level"] == "error"
    assert "TypeError: expire_due_orders()" in said["event"]


async def test_web_process_logs_lines_of_uvicorn(stack: Stack) -> None:
    port = free_port()
    site = "tests.integration.sample_site:create_app"
    async with production(stack, "-c", SERVE.format(site=site, port=port)) as web:
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    return (await client.get(f"http://127.0.0.1:{port}/why")).is_server_error
                except httpx.ConnectError:
                    return False

            await eventually(answers, seconds=WAIT_SECONDS)
        failed = await read_until(web, "Exception in ASGI application")
    assert (failed["logger"], failed["level"]) == ("uvicorn.error", "error")
    assert "ValueError: /why" in failed["exception"]
