import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from benchmarks.http_load import Connection, Request, send_all
from benchmarks.trivial_server import Answers


@asynccontextmanager
async def open_connections(count: int) -> AsyncGenerator[list[Connection]]:
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Connection(url)) for _ in range(count)]


class TestSendAll:
    async def test_sends_each_request_once(self) -> None:
        async with open_connections(3) as connections:
            load = await send_all(connections, [Request("GET", "/")] * 10)
        assert len(load.seconds) == 10
        assert load.elapsed > 0
        assert load.cpu_seconds > 0

    async def test_refuses_another_status(self) -> None:
        async with open_connections(1) as connections:
            with pytest.raises(ValueError, match="200"):
                await send_all(connections, [Request("POST", "/", {"a": 1}, 201)])
