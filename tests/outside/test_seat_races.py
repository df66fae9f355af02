"""Fifty buyers want overlapping sets of ten tickets; two web processes and a worker that is killed.

Their seller pauses, resumes and changes the listing meanwhile. The database judges each hold before its commit.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests import invariants
from tests.hold_judge import judged_holds
from tests.outside.api_client import ApiClient, ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.tickets.rules import longest_run

pytestmark = pytest.mark.slow

CREATED = 201
BUYERS = 50
ROUNDS = 20
TRIES = 3
SETTINGS = {
    "MAX_OPEN_HOLDS": "0",
    "HOLD_COOLDOWN_SECONDS": "0",
}
# Ends at this moment and not before: a statement that waits at the tickets must not find a lease that ended
# before it began, which no clock can do.
LAPSE = """
    WITH clock AS MATERIALIZED (
      SELECT clock_timestamp() AS at
    ), own AS (
      SELECT id FROM tickets WHERE order_id = $1 AND locked_until < 'infinity' ORDER BY id FOR NO KEY UPDATE
    ), leases AS (
      UPDATE tickets t SET locked_until = clock.at FROM own, clock WHERE t.id = own.id RETURNING t.id)
    UPDATE orders SET expires_at = clock.at FROM clock
    WHERE id = $1 AND status IN ('created', 'awaiting_payment') AND expires_at > clock.at
      AND (SELECT count(*) FROM leases) >= 0"""
OPEN = "SELECT id::text FROM orders WHERE listing_id = $1 AND status IN ('created', 'awaiting_payment')"
LOCKED = "SELECT id FROM tickets WHERE listing_id = $1 AND (order_id IS NOT NULL OR locked_until IS NOT NULL)"
COUNTS = """
    SELECT count(*) FILTER (WHERE quantity > 1) AS several, count(*) FILTER (WHERE status = 'expired') AS expired,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled FROM orders WHERE listing_id = $1"""


class SeatMarket:
    """A listing of ten tickets per round and the buyers who want some of them."""

    def __init__(self, site: Site, probe: DatabaseProbe, seller: ApiClient) -> None:
        self.site = site
        self.probe = probe
        self.seller = seller
        self.buyers: list[ApiClient] = []
        self.listing_id = ""
        self.is_side_by_side = False
        self.tickets: list[str] = []
        self.answers: Counter[int] = Counter()

    async def list_tickets(self) -> None:
        split = random.choice(["any", "any", "no_single"])
        self.is_side_by_side = random.random() < 0.3
        listing = {"title": "Okapi Sundays", "price": 40, "quantity": 10, "split": split}
        listing["sideBySide"] = self.is_side_by_side
        answer = await self.seller.post("/api/listings", json=listing)
        made = answer.raise_for_status().json()
        self.listing_id = made["id"]
        self.tickets = [seat["ticketId"] for seat in made["seats"]]

    async def change_listing(self) -> None:
        """Pause and resume the listing, and change its price, as its seller."""
        path = f"/api/listings/{self.listing_id}"
        for _ in range(TRIES):
            await asyncio.sleep(random.random() / 2)
            price = {"price": random.randint(30, 50)}
            for answer in (
                await self.seller.put(path, json=price),
                await self.seller.post(f"{path}/pause"),
                await self.seller.put(path, json=price),
                await self.seller.post(f"{path}/resume"),
            ):
                # Refused while one of its tickets is held.
                assert answer.status_code in {200, 409}

    async def trade(self, buyer: ApiClient) -> None:
        """Hold some tickets several times; release them, let the hold lapse, or keep it."""
        for _ in range(TRIES):
            wanted = self._wanted()
            answer = await buyer.post("/api/orders", json=wanted)
            self.answers[answer.status_code] += 1
            if answer.status_code != CREATED:
                continue
            order = answer.json()
            self._check(order, wanted)
            await asyncio.sleep(random.random() / 10)
            if random.random() < 0.4:
                released = await buyer.delete(f"/api/orders/{order['id']}")
                assert released.is_success
            elif random.random() < 0.8:
                await self.probe.rows(LAPSE, order["id"])

    def _wanted(self) -> dict[str, Any]:
        quantity = random.randint(1, 4)
        if random.random() < 0.5:
            return {"listingId": self.listing_id, "quantity": quantity}
        return {"ticketIds": random.sample(self.tickets, quantity)}

    def _check(self, order: dict[str, Any], wanted: dict[str, Any]) -> None:
        """All tickets that were wanted, or so many, for the sum of their prices."""
        held = [item["ticket"] for item in order["items"]]
        assert order["price"] == sum(ticket["price"] for ticket in held)
        if "ticketIds" in wanted:
            assert {ticket["id"] for ticket in held} == set(wanted["ticketIds"])
            return
        places = [self.tickets.index(ticket["id"]) for ticket in held]
        assert len(places) == order["quantity"] == wanted["quantity"]
        assert not self.is_side_by_side or longest_run(places) == len(places)

    async def end_round(self) -> None:
        """End every hold; the worker releases all tickets, and none stays locked."""
        for row in await self.probe.rows(OPEN, self.listing_id):
            await self.probe.rows(LAPSE, row["id"])
        await eventually(self._is_all_free, seconds=30)

    async def _is_all_free(self) -> bool:
        return await self.probe.rows(LOCKED, self.listing_id) == []

    async def broken_rules(self) -> list[str]:
        env = self.site.stack.env
        return await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"])


@pytest.fixture
async def seats(
    site: Site,
    clients: ApiClients,
    probe: DatabaseProbe,
    one_worker: None,  # noqa: ARG001  # so that the kill leaves none.
) -> AsyncGenerator[SeatMarket]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(judged_holds(site.stack.env["DATABASE_URL"]))
        market = SeatMarket(site, probe, await clients.sign_up())
        urls: list[str] = []
        for _ in range(2):
            web = site.other_web(**SETTINGS)
            urls.append((await asyncio.to_thread(web.__enter__)).url)
            stack.push_async_callback(asyncio.to_thread, web.__exit__, None, None, None)
        market.buyers = [await clients.sign_up(urls[nth % 2]) for nth in range(BUYERS)]
        yield market


async def test_overlapping_sets_are_sold_all_or_none(seats: SeatMarket) -> None:
    totals: Counter[str] = Counter()
    for nth in range(ROUNDS):
        await seats.list_tickets()
        trades = asyncio.gather(
            *[seats.trade(buyer) for buyer in seats.buyers], seats.change_listing()
        )
        if nth % 5 == 2:
            await asyncio.to_thread(seats.site.stack.kill, "worker")
        await trades
        assert await seats.broken_rules() == []
        if nth % 5 == 2:
            await asyncio.to_thread(seats.site.stack.start_part, "worker")
        await seats.end_round()
        assert await seats.broken_rules() == []
        (counted,) = await seats.probe.rows(COUNTS, seats.listing_id)
        totals.update(counted)
    assert set(seats.answers) == {CREATED, 409}
    # It happened: orders of several tickets, releases, and lapses with their takeovers.
    assert min(totals.values()) > ROUNDS, totals
