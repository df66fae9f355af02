"""A network partition between a program and its server."""

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Partition:
    """A TCP proxy to the server at `url`; `self.url` is its address.

    While it is cut, connections stay open and new ones are accepted, but no byte passes.
    """

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._is_open = asyncio.Event()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address of the server, through here."""
        assert self._server
        port = self._server.sockets[0].getsockname()[1]
        return self._to._replace(netloc=f"127.0.0.1:{port}").geturl()

    def cut(self) -> None:
        """Stop passing bytes."""
        self._is_open.clear()

    def heal(self) -> None:
        """Pass everything, waiting bytes first."""
        self._is_open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.heal()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._to.hostname, self._to.port)
        for source, sink in ((reader, there[1]), (there[0], writer)):
            self._pumps.add(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError):
                while data := await source.read(65536):
                    await self._is_open.wait()
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.close()
