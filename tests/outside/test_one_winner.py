"""Rule 1 over HTTP: of fifty simultaneous purchases one succeeds."""

import asyncio
from collections import Counter

import pytest

from tests.outside.api_client import ApiClients

BUYERS = 50


@pytest.mark.races
@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.slow)])
async def test_of_fifty_parallel_buyers_exactly_one_wins_every_time(
    clients: ApiClients, rounds: int
) -> None:
    seller = await clients.sign_up()
    buyers = [await clients.sign_up() for _ in range(BUYERS)]
    for _ in range(rounds):
        ticket = await seller.sell()
        answers = await asyncio.gather(*[buyer.purchase(ticket["id"]) for buyer in buyers])
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: BUYERS - 1}
        order = next(answer.json() for answer in answers if answer.status_code == 201)
        winner = next(buyer for buyer in buyers if buyer.id == order["userId"])
        assert (await winner.delete(f"/api/orders/{order['id']}")).status_code == 204
