"""Websockets of granian without an application: the least that an open page can cost."""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from benchmarks.measure import Processes
from tests.site import OtherWeb, free_port
from tests.waiting import eventually
from ticketing_app.devstack import web
from ticketing_app.devstack.stack import ROOT

CONNECTIONS = 200
FIRST = 20


async def serve(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def kib_of_connection() -> float:
    with _running() as server:
        async with AsyncExitStack() as stack:

            async def is_open() -> bool:
                try:
                    await stack.enter_async_context(connect(server.url))
                except OSError:
                    return False
                return True

            await eventually(is_open, seconds=web.START_SECONDS)
            await asyncio.gather(*(is_open() for _ in range(FIRST)))
            processes = Processes(server.pid)
            before = processes.own_bytes()
            await asyncio.gather(*(is_open() for _ in range(CONNECTIONS)))
            return (processes.own_bytes() - before) / CONNECTIONS / 1024


@contextmanager
def _running() -> Generator[OtherWeb]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # Our own arguments.
        [sys.executable, "-m", "granian", "--interface", "asginl", "--workers", "1",
         "--host", "127.0.0.1", "--port", str(port), "--no-access-log", "benchmarks.bare_socket:serve"],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield OtherWeb(f"ws://127.0.0.1:{port}", process.pid)
    finally:
        web.stop_web(process)
