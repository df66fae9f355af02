"""Gifts when their people leave, and when their addresses are old."""

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.orders import given
from tests.integration.privacy.people import column, sign_up
from ticketing_app.core import db
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.service import personal

pytestmark = pytest.mark.usefixtures("stripe_books")

ADDRESSES = "SELECT to_email FROM gifts ORDER BY id"
AGE = "UPDATE gifts SET ended_at = ended_at - interval '31 days' WHERE id = :id RETURNING id"


class TestAddresses:
    async def test_are_erased_30_days_after_the_end(self) -> None:
        sold = await given.sell()
        first, friend = [await factories.make_user() for _ in range(2)]
        old = await given.offer(sold, first)
        await given.decline(old, first)
        gift = await given.give(sold, friend)
        await column(AGE, id=old.id)
        async with db.transaction() as session:
            assert await personal.erase_gift_addresses(session, 10) == 1
            assert await personal.erase_gift_addresses(session, 10) == 0
        assert await column(ADDRESSES) == [None, friend.email]
        await column(AGE, id=gift.id)
        async with db.transaction() as session:
            await personal.erase_gift_addresses(session, 10)
        assert (await given.read(gift, friend)).status is GiftStatus.TAKEN

    async def test_go_with_the_account_of_a_friend(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        async with db.transaction() as session:
            await personal.erase(session, address=friend.email)
        assert await column(ADDRESSES) == [None]
        assert (await given.read(gift, sold.buyer)).status is GiftStatus.DECLINED

    async def test_are_in_the_export_of_both_sides(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        async with db.transaction() as session:
            for person, is_giver in ((sold.buyer, True), (friend, False)):
                (found,) = await personal.export_gifts(session, user_id=person.id)
                assert (found.is_giver, found.to_email) == (is_giver, friend.email)


async def test_leaving_takes_offers_back(api: AsyncClient) -> None:
    ana = await sign_up(api)
    await column(
        "UPDATE users SET email_confirmed_at = now() WHERE id = :id RETURNING 1", id=ana.id
    )
    sold = await given.sell(ana)
    gift = await given.offer(sold, await factories.make_user())
    assert (await api.delete("/api/users/currentuser")).status_code == 202
    assert (await given.read(gift, ana)).status is GiftStatus.WITHDRAWN
