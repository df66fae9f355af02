"""Gifts against everything else that wants the same seat: one winner, and the file follows it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.orders import given
from tests.integration.payments import sales
from ticketing_app.core.errors import AppError
from ticketing_app.orders.rules import GiftStatus

pytestmark = [pytest.mark.usefixtures("stripe_books"), pytest.mark.slow]
ROUNDS = 100


@pytest.fixture(autouse=True)
def unlimited(change_settings: Callable[..., None]) -> None:
    change_settings(gift_limit_per_hour=0, edit_limit_per_minute=0, listing_limit_per_hour=0)


async def race(*acts: Awaitable[object]) -> list[object]:
    """Run them at once; return the outcomes, of which only refusals may be errors."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    unexpected = [
        each
        for each in outcomes
        if isinstance(each, BaseException) and not isinstance(each, AppError)
    ]
    assert unexpected == []
    return outcomes


async def test_taken_against_withdrawn() -> None:
    sold = await given.sell()
    friend = await factories.make_user()
    owner, other = sold.buyer, friend
    for _ in range(ROUNDS):
        gift = await given.offer(sold, other, owner)
        await race(given.take(gift, other), given.withdraw(gift, owner))
        ended = await given.read(gift, other)
        assert ended.status in {GiftStatus.TAKEN, GiftStatus.WITHDRAWN}
        if ended.status is GiftStatus.TAKEN:
            owner, other = other, owner
        assert await given.owner_of(sold.file_id) == owner.id


async def test_taken_twice_and_opened() -> None:
    sold = await given.sell()
    owner, other = sold.buyer, await factories.make_user()
    for _ in range(ROUNDS):
        gift = await given.offer(sold, other, owner)
        outcomes = await race(
            given.take(gift, other), given.take(gift, other), given.open_file(sold, owner)
        )
        assert sum(not isinstance(each, AppError) for each in outcomes) == 1
        owner, other = other, owner
        assert await given.owner_of(sold.file_id) == owner.id


async def test_offered_against_listed() -> None:
    sold = await given.sell()
    friend = await factories.make_user()
    for _ in range(ROUNDS):
        gift, listed = await race(given.offer(sold, friend), sales.relist(sold.ticket, sold.buyer))
        assert isinstance(gift, AppError) != isinstance(listed, AppError)
        if not isinstance(gift, AppError):
            await given.withdraw(gift, sold.buyer)  # pyright: ignore[reportArgumentType]  # a gift.
        else:
            await given.end_listing(listed)  # pyright: ignore[reportArgumentType]  # a ticket.


async def test_taken_against_refunded() -> None:
    friend = await factories.make_user()
    for _ in range(ROUNDS // 4):
        sold = await given.sell()
        gift = await given.offer(sold, friend)
        await race(given.take(gift, friend), sales.request_refund(sold.sale))
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id
        assert await given.list_given(friend) == []
