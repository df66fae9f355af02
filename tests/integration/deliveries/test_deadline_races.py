"""At the instant of a deadline either the person or the clock acts, never both and never none."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import pytest

from tests.integration.deliveries import clocks
from tests.waiting import eventually
from ticketing_app.core import db
from ticketing_app.deliveries.schemas import ProofGiven
from ticketing_app.deliveries.service import deadlines, late, transfers
from ticketing_app.deliveries.service.sides import DeliveryConflictError

pytestmark = pytest.mark.usefixtures("stripe_books")

ROUNDS = pytest.mark.parametrize(
    "rounds", [8, pytest.param(200, marks=pytest.mark.slow)], ids=["few", "many"]
)
SWEEPERS = 2
# The deadline lies so far ahead, and the person comes about then.
AHEAD_SECONDS = 0.02

Act = Callable[[], Awaitable[None]]


async def race(delivery_id: UUID, status: str, act: Act) -> set[str]:
    """Let a person act about the deadline while sweepers wait for it; return the statuses it may have."""
    await clocks.put(delivery_id, status, due_in_seconds=AHEAD_SECONDS)

    async def person() -> bool:
        await asyncio.sleep(random.uniform(0, 2 * AHEAD_SECONDS))  # no secret.
        with suppress(DeliveryConflictError):
            await act()
            return True
        return False

    async def sweep() -> None:
        async def has_moved() -> bool:
            await deadlines.meet_deadline(db.transaction, str(delivery_id))
            return (await clocks.read(delivery_id)).status != status

        await eventually(has_moved)

    has_acted, *_ = await asyncio.gather(person(), *[sweep() for _ in range(SWEEPERS)])
    found = (await clocks.read(delivery_id)).status
    return {found} | ({"person"} if has_acted else set())


@ROUNDS
async def test_send_against_the_clock(rounds: int) -> None:
    sale, delivery_id = await clocks.sell()
    number = ProofGiven(reference="TM-4711")

    async def send() -> None:
        async with db.transaction() as session:
            await transfers.send(
                session, delivery_id=delivery_id, seller_id=sale.ticket.seller_id, proof=number
            )

    for _ in range(rounds):
        assert await race(delivery_id, "waiting", send) in ({"sent", "person"}, {"late"})
    await clocks.put(delivery_id, "waiting")


@ROUNDS
async def test_wait_against_the_clock(rounds: int) -> None:
    sale, delivery_id = await clocks.sell()

    async def wait() -> None:
        async with db.transaction() as session:
            await late.wait(session, delivery_id=delivery_id, buyer_id=sale.buyer.id)

    for _ in range(rounds):
        await clocks.forget_waiting(delivery_id)
        assert await race(delivery_id, "late", wait) in ({"waiting", "person"}, {"failed"})
    await clocks.put(delivery_id, "waiting")
