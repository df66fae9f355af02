"""The server of the web process, on real sockets: hostile, slow and leaving clients."""

import asyncio
import os
import select
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, contextmanager, suppress
from http import HTTPStatus

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.integration.sample_server import MAX_CONNECTIONS
from tests.site import free_port
from tests.waiting import eventually
from ticketing_app.core.server import MAX_HEAD_BYTES, MAX_MESSAGE_BYTES
from ticketing_app.devstack.stack import ROOT

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

WAIT_SECONDS = 30
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
HANDSHAKE = (
    b"GET /flood HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
UPLOAD_BYTES = 64 * 2**20
KERNEL_BYTES = 32 * 2**20
"""More than the kernel's buffers of both sides hold."""


@contextmanager
def running(close_seconds: float = 0.3) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the sample site; yields its port and process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.sample_server", str(port), str(close_seconds)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    try:
        yield port, process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def web() -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    with running() as web:
        yield web


@pytest.fixture
def port(web: tuple[int, subprocess.Popen[bytes]]) -> int:
    return web[0]


@pytest.fixture
async def client(port: int) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_SECONDS) as own:
        await eventually(lambda: is_up(own), seconds=WAIT_SECONDS)
        yield own


async def is_up(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/")).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
async def connection(client: httpx.AsyncClient) -> AsyncGenerator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    yield reader, writer
    writer.close()


async def has(client: httpx.AsyncClient, fact: str, path: str) -> bool:
    return path in (await client.get("/")).json()[fact]


async def read_all(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(WAIT_SECONDS):
        return await reader.read()


class TestHead:
    async def test_closes_a_silent_connection(self, connection: Streams) -> None:
        reader, _ = connection
        assert await read_all(reader) == b""

    async def test_closes_a_connection_with_half_a_head(self, connection: Streams) -> None:
        reader, writer = connection
        writer.write(HEAD)
        assert await read_all(reader) == b""

    async def test_closes_after_half_a_second_head(self, connection: Streams) -> None:
        reader, writer = connection
        writer.write(HEAD + b"\r\n")
        answer = await reader.readuntil(b"}")
        assert answer.startswith(b"HTTP/1.1 200")
        writer.write(HEAD)
        assert await read_all(reader) == b""

    async def test_keeps_an_idle_connection(self, port: int, connection: Streams) -> None:
        reader, writer = connection
        writer.write(HEAD + b"\r\n")
        await reader.readuntil(b"}")
        await self._wait_for_a_deadline(port)
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")

    async def test_permits_a_slow_body(self, port: int, connection: Streams) -> None:
        reader, writer = connection
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe")
        await self._wait_for_a_deadline(port)
        writer.write(b"llo")
        assert b'"received": 5' in await reader.readuntil(b"}")

    async def _wait_for_a_deadline(self, port: int) -> None:
        """Wait until a connection that was opened now is closed because it is silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await read_all(reader)
        writer.close()

    @pytest.mark.parametrize("line", [b"a: b\r\n", b"x"])
    async def test_refuses_endless_headers(self, connection: Streams, line: bytes) -> None:
        reader, writer = connection
        writer.write(HEAD + b"h: ")
        writer.write(line * (2 * MAX_HEAD_BYTES // len(line)))
        # The kernel may drop the response, because more was on its way.
        with suppress(ConnectionResetError):
            assert (await read_all(reader)).startswith(b"HTTP/1.1 400")

    async def test_permits_long_headers(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers={"cookie": "x" * (MAX_HEAD_BYTES // 2)})
        assert answer.status_code == HTTPStatus.OK

    async def test_refuses_more_connections(self, port: int, client: httpx.AsyncClient) -> None:
        async with AsyncExitStack() as stack:
            opened = list[Streams]()
            for _ in range(2 * MAX_CONNECTIONS):
                streams = await asyncio.open_connection("127.0.0.1", port)
                stack.callback(streams[1].close)
                opened.append(streams)
            assert await read_all(opened[-1][0]) == b""
            assert (await client.get("/")).is_success


class TestFacts:
    async def test_ignores_headers_of_proxies(self, client: httpx.AsyncClient) -> None:
        headers = {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
        facts = (await client.get("/", headers=headers)).json()
        assert (facts["client"], facts["scheme"]) == ("127.0.0.1", "http")

    async def test_does_not_name_itself(self, client: httpx.AsyncClient) -> None:
        assert "server" not in (await client.get("/")).headers


class TestLeaving:
    async def test_app_learns_of_a_request_left(self, client: httpx.AsyncClient, port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.replace(b"/", b"/abandoned", 1) + b"\r\n")
        await eventually(lambda: has(client, "waiting", "/abandoned"))
        writer.close()
        await eventually(lambda: has(client, "left", "/abandoned"))

    async def test_app_learns_of_a_page_left(self, client: httpx.AsyncClient, port: int) -> None:
        page = await connect(f"ws://127.0.0.1:{port}/page")
        await eventually(lambda: has(client, "waiting", "/page"))
        page.transport.abort()
        await eventually(lambda: has(client, "left", "/page"))


class TestBackpressure:
    async def test_takes_no_more_of_an_unread_body(
        self, client: httpx.AsyncClient, port: int
    ) -> None:
        upload = socket.create_connection(("127.0.0.1", port))
        with upload:
            upload.sendall(
                b"POST /unread HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % UPLOAD_BYTES
            )
            upload.settimeout(0)
            sent = send_until_full(upload)
            assert sent < KERNEL_BYTES
            await client.get("/release")
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(upload, bytes(UPLOAD_BYTES - sent))
            answer = await loop.sock_recv(upload, 2**16)
            while chunk := await loop.sock_recv(upload, 2**16):
                answer += chunk
        assert f'"received": {UPLOAD_BYTES}'.encode() in answer

    async def test_ends_a_page_that_reads_nothing(
        self, client: httpx.AsyncClient, web: tuple[int, subprocess.Popen[bytes]]
    ) -> None:
        port, process = web
        with socket.create_connection(("127.0.0.1", port)) as page:
            page.sendall(HANDSHAKE)
            await eventually(lambda: has(client, "waiting", "/flood"))
            await eventually(lambda: page.getsockname() not in clients_of(process.pid))

    async def test_ends_a_page_with_a_large_message(self, client: httpx.AsyncClient) -> None:
        port = client.base_url.port
        async with connect(f"ws://127.0.0.1:{port}/page") as page:
            await page.send("x" * (MAX_MESSAGE_BYTES + 1))
            with pytest.raises(ConnectionClosed, match="1009"):
                await page.recv()


def clients_of(pid: int) -> list[object]:
    """Return the addresses to which the process has connections."""
    return [each.raddr for each in psutil.Process(pid).net_connections("tcp")]


def send_until_full(upload: socket.socket) -> int:
    """Send zeros until the other side takes no more; return their number."""
    sent = 0
    while sent < KERNEL_BYTES and select.select([], [upload], [], 0.2)[1]:
        sent += upload.send(bytes(2**16))
    return sent


async def test_stops_after_its_requests() -> None:
    with running(close_seconds=WAIT_SECONDS) as (port, process):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await eventually(lambda: is_up(client), seconds=WAIT_SECONDS)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe")
            await eventually(lambda: has(client, "waiting", "/slow"))
            async with connect(f"ws://127.0.0.1:{port}/page") as page:
                process.terminate()
                with pytest.raises(ConnectionClosed, match="1012"):
                    await page.recv()
            writer.write(b"llo")
            assert b'"received": 5' in await read_all(reader)
            writer.close()
        await asyncio.to_thread(process.wait, WAIT_SECONDS)
