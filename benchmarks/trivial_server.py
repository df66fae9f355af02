"""A server that answers each request with the same bytes: `python -m benchmarks.trivial_server`; prints its port."""

import asyncio
from typing import cast

import uvloop

from benchmarks.http_load import END_OF_HEAD

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + b'{"status":"ok"}'


class Answers(asyncio.Protocol):
    """One connection; the requests have no body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(RESPONSE * data.count(END_OF_HEAD))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
