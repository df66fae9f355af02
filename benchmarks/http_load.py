"""A load generator on plain sockets: a request costs it a tenth of what it costs a full HTTP client."""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from benchmarks.measure import percentile, record
from tests.outside.api_client import ApiClient

END_OF_HEAD = b"\r\n\r\n"
LOAD_GENERATOR = "CPU of the load generator"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # By their names in lower case.
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  # any body.
        content = self.body
        if self.headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return json.loads(content)


class Connection:
    """One keep-alive connection to a site, with the cookie and address of one client."""

    def __init__(self, url: str, *, session: str = "", address: str = "10.0.0.1") -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._head = (
            f"Host: {parts.netloc}\r\nX-Forwarded-For: {address}\r\nAccept-Encoding: gzip\r\n"
        )
        if session:
            self._head += f"Cookie: session={session}\r\n"

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """Return the status; the answer must have a Content-Length."""
        return (await self.exchange(method, path, body)).status

    async def exchange(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n"
        if content:
            head += "Content-Type: application/json\r\n"
        self._writer.write(head.encode() + b"\r\n" + content)
        first, *lines = (await self._reader.readuntil(END_OF_HEAD)).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        headers = {name.lower(): text for name, _, text in pairs}
        received = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(first.split(" ", 2)[1]), headers, received)


class Load:
    """Seconds of each request, and of them all."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.elapsed = 0.0
        self.cpu_seconds = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.elapsed

    @property
    def cpu_share(self) -> float:
        """Share of a core that this process used: near 1 the rate is that of the load generator."""
        return self.cpu_seconds / self.elapsed

    def p(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        return 1000 * percentile(self.seconds, share)

    async def run(self, clients: int, one: Callable[[int], Awaitable[None]]) -> Self:
        """Run `one` of each client at once; it measures its requests by `timed`."""
        started = time.perf_counter()
        cpu_started = time.process_time()
        await asyncio.gather(*map(one, range(clients)))
        self.elapsed += time.perf_counter() - started
        self.cpu_seconds += time.process_time() - cpu_started
        record(LOAD_GENERATOR, self.cpu_share, "of a core")
        return self

    async def timed(self, request: Awaitable[int], expected: int) -> None:
        """Wait for a request; raises ValueError if it has another status."""
        started = time.perf_counter()
        status = await request
        self.seconds.append(time.perf_counter() - started)
        if status != expected:
            raise ValueError(status)


async def connect_buyer(url: str, number: int, stack: AsyncExitStack) -> Connection:
    """Open a connection of a new account, with an address of its own."""
    async with ApiClient(url) as buyer:
        await buyer.sign_up()
        session = buyer.cookies["session"]
    connection = Connection(url, session=session, address=f"10.2.0.{number}")
    return await stack.enter_async_context(connection)


class Request(NamedTuple):
    method: str
    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    """Of the expected response."""


async def send_all(connections: Sequence[Connection], requests: Iterable[Request]) -> Load:
    """Send the requests in their order, each on the next free connection."""
    left = iter(requests)
    load = Load()

    async def send(client: int) -> None:
        for method, path, body, status in left:
            await load.timed(connections[client].send(method, path, body), status)

    return await load.run(len(connections), send)
