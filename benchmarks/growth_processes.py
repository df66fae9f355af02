"""Cost and rate of requests to one and to two web processes, with the share of each component."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from uuid import UUID

import asyncpg

from benchmarks.components import POSTGRES, WEB, Components, Used
from benchmarks.http_load import Load, Request, connect_buyer, send_all
from benchmarks.measure import WITHOUT_LIMITS, running_site
from benchmarks.series import Series
from tests.outside.api_client import ApiClient
from tests.site import OtherWeb, Site

CLIENTS = 16
HOLDS = 640
READS = 1_920
LIMITS = {"hold": 1.35, "list": 1.35}
TICKETS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at)
    SELECT gen_random_uuid(), $1, 'Derby', 4000, 'usd', 'for_sale', 1, now()
    FROM generate_series(1, $2::int) RETURNING id::text"""


def main(sizes: tuple[int, ...]) -> bool:
    cost = Series("processes", "ms of CPU")
    rate = Series("processes", "requests/s")
    with running_site(**WITHOUT_LIMITS) as site, ExitStack() as stack:
        webs = [stack.enter_context(site.other_web()) for _ in sizes]
        for size in sizes:
            asyncio.run(_measure(site, webs[:size], cost, rate))
    verdicts = [
        cost.check_growth(name, sizes[0], sizes[-1], limit) for name, limit in LIMITS.items()
    ]
    return all(verdicts)


async def _measure(site: Site, webs: list[OtherWeb], cost: Series, rate: Series) -> None:
    components = Components(site, *(web.pid for web in webs))
    async with AsyncExitStack() as stack:
        connections = [
            await connect_buyer(webs[nth % len(webs)].url, nth, stack) for nth in range(CLIENTS)
        ]
        ids = await _make_tickets(site, HOLDS + CLIENTS)
        holds = [Request("POST", "/api/orders", {"ticketId": each}, 201) for each in ids]
        reads = [Request("GET", "/api/tickets")] * (READS + CLIENTS)
        for name, requests in (("hold", holds), ("list", reads)):
            # Warm up each process.
            await send_all(connections, requests[:CLIENTS])
            await components.watch_idle()
            with components.measure() as used:
                load = await send_all(connections, requests[CLIENTS:])
            each = used.milliseconds(len(requests) - CLIENTS)
            size = len(webs)
            cost.add(size, {name: each[WEB], f"{name}, {POSTGRES}": each[POSTGRES]})
            rate.add(size, {name: load.rate})
            _print_cores(name, used, load)


def _print_cores(name: str, used: Used, load: Load) -> None:
    """Print the components that use most of the machine: the first one limits the rate."""
    cores = {part: seconds / used.elapsed for part, seconds in used.seconds.items()}
    cores["load generator"] = load.cpu_share
    most = sorted(cores, key=lambda part: cores[part], reverse=True)[:4]
    print(f"cores during {name}: {', '.join(f'{part} {cores[part]:.2f}' for part in most)}")


async def _make_tickets(site: Site, number: int) -> list[str]:
    async with ApiClient(site.url) as seller:
        await seller.sign_up()
    database = await asyncpg.connect(site.stack.env["DATABASE_URL"].replace("+asyncpg", ""))
    rows = await database.fetch(TICKETS, UUID(seller.id), number)
    await database.close()
    return [row["id"] for row in rows]
