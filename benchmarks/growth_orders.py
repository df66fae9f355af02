"""Cost of holding and completing orders of 1 to 10 tickets, by component."""

import asyncio
from contextlib import AsyncExitStack, suppress
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import asyncpg
import httpx

from benchmarks.components import Components, Used, wait_until_done
from benchmarks.measure import WITHOUT_LIMITS, record, running_site
from benchmarks.report import ORDERS_BY_CORE
from benchmarks.series import Series
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import EmulatorClient
from tests.outside.payer import Payer
from tests.site import Site

ORDERS = 32
BUYERS = 4
LIMITS = {"hold": 3, "completion": 3}
LISTINGS = """
    INSERT INTO listings (id, seller_id)
    SELECT md5('l' || n)::uuid, $1 FROM generate_series(0, $2::int) n"""
SEATS = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at, listing_id, position)
    SELECT md5('s' || n || '-' || p)::uuid, $1, 'Derby', 4000, 'usd', 'for_sale', 1, now(), md5('l' || n)::uuid, p
    FROM generate_series(0, $2::int) n, generate_series(0, 9) p"""
STORED = "SELECT pg_database_size(current_database()), (SELECT count(*) FROM outbox)"
COMPLETED = "SELECT count(*) FROM orders WHERE id = ANY($1::uuid[]) AND status = 'completed'"


class Stored(NamedTuple):
    bytes: int
    events: int


def main(quantities: tuple[int, ...]) -> bool:
    with running_site(**WITHOUT_LIMITS) as site:
        return asyncio.run(_measure(site, quantities))


async def _measure(site: Site, quantities: tuple[int, ...]) -> bool:
    series = Series("order", "ms of CPU")
    components = Components(site, site.web_pid)
    probe = DatabaseProbe(site.stack.env)
    stripe = EmulatorClient(site.stack.env)
    database = await asyncpg.connect(site.stack.env["DATABASE_URL"].replace("+asyncpg", ""))
    async with AsyncExitStack() as stack:
        for close in (probe.redis.aclose, stripe.close, database.close):
            stack.push_async_callback(close)
        clients = ApiClients(site.url, stack)
        seller = await clients.sign_up()
        for statement in (LISTINGS, SEATS):
            await database.execute(statement, UUID(seller.id), ORDERS * (1 + len(quantities)))
        buyers = [await clients.sign_up() for _ in range(BUYERS)]
        market = _Market(database, stripe, probe, buyers)
        # Warm up.
        await market.complete(await market.hold(1))
        await components.watch_idle()
        for quantity in quantities:
            await _measure_quantity(series, components, market, quantity)
    verdicts = [
        series.check_growth(name, quantities[0], quantities[-1], limit)
        for name, limit in LIMITS.items()
    ]
    return all(verdicts)


async def _measure_quantity(
    series: Series, components: Components, market: "_Market", quantity: int
) -> None:
    before = await market.stored()
    with components.measure() as hold:
        payers = await market.hold(quantity)
    with components.measure() as completion:
        await market.complete(payers)
    steps = {"hold": hold, "completion": completion}
    for step, used in steps.items():
        each = used.milliseconds(ORDERS)
        series.add(quantity, {step: sum(each.values())})
        series.add(quantity, {f"{step}, {name}": cost for name, cost in each.items()})
    if quantity == 1:
        after = await market.stored()
        record("stored by an order", (after.bytes - before.bytes) / ORDERS / 1024, "KiB")
        record("domain events of an order", (after.events - before.events) / ORDERS, "events")
        _report_rates(steps)


def _report_rates(steps: dict[str, Used]) -> None:
    """Report how many orders a second one core of each component holds and completes."""
    for name in steps["hold"].seconds:
        milliseconds = sum(step.milliseconds(ORDERS)[name] for step in steps.values())
        if milliseconds:
            print(f"{ORDERS_BY_CORE}{name}: {1000 / milliseconds:.0f}/s")
            record(f"{ORDERS_BY_CORE}{name}", 1000 / milliseconds, "orders/s")


class _Market:
    """Buyers, and listings without competitors."""

    def __init__(
        self,
        database: asyncpg.Connection,
        stripe: EmulatorClient,
        probe: DatabaseProbe,
        buyers: list[ApiClient],
    ) -> None:
        self._database = database
        self._stripe = stripe
        self._probe = probe
        self._buyers = buyers
        self._next = 0

    async def stored(self) -> Stored:
        row = await self._database.fetchrow(STORED)
        assert row
        return Stored(*row)

    async def hold(self, quantity: int) -> list[Payer]:
        """Hold tickets of one listing for each order, and wait until all events are handled."""
        numbers = range(self._next, self._next + ORDERS)
        self._next += ORDERS

        async def buy(nth: int) -> list[Payer]:
            buyer = self._buyers[nth]
            return [await self._hold(buyer, number, quantity) for number in numbers[nth::BUYERS]]

        held = await asyncio.gather(*map(buy, range(BUYERS)))
        await wait_until_done(self._database)
        return [payer for some in held for payer in some]

    async def _hold(self, buyer: ApiClient, number: int, quantity: int) -> Payer:
        listing = UUID(md5(f"l{number}".encode(), usedforsecurity=False).hexdigest())
        body = {"listingId": str(listing), "quantity": quantity}
        order = (await buyer.post("/api/orders", json=body)).raise_for_status().json()
        return Payer(buyer, self._stripe, self._probe, order)

    async def complete(self, payers: list[Payer]) -> None:
        """Pay for each order, and wait until all events are handled."""
        await asyncio.gather(*(self._pay(payers[nth::BUYERS]) for nth in range(BUYERS)))
        await wait_until_done(self._database)
        completed = await self._database.fetchval(COMPLETED, [each.order_id for each in payers])
        assert completed == len(payers), f"{completed} of {len(payers)} orders are completed"

    async def _pay(self, payers: list[Payer]) -> None:
        for payer in payers:
            payer.payment = (await payer.open_payment()).raise_for_status().json()
            await payer.press_pay()
            await payer.enter_card()
            # The webhook settles it, too.
            with suppress(httpx.HTTPStatusError):
                await payer.settle()
