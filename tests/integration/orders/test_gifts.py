"""Gifts of tickets: permission to take one, and the owner afterwards."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.orders import given
from tests.integration.payments import sales
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.deliveries.service.opening import NotOpenableError
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import ChainRead
from ticketing_app.orders.service import chain, gifts, order_payment, sell
from ticketing_app.orders.service.gifts import (
    FileNotFoundForGiftError,
    GiftEndedError,
    GiftNotFoundError,
    OwnAddressError,
    UnconfirmedGiftError,
)
from ticketing_app.orders.service.ownership import LISTED, OFFERED, UNOWNED, SeatNotFreeError
from ticketing_app.orders.service.sell import NotTicketOwnerError, TicketOfferedError
from ticketing_app.payments.rules import AlertKind
from ticketing_app.tickets.rules import Availability

pytestmark = pytest.mark.usefixtures("stripe_books")


class TestOfferGift:
    async def test_is_open_for_72_hours(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        assert (gift.status, gift.is_giver) == (GiftStatus.OFFERED, True)
        (event,) = await factories.recorded_events("TicketGiven")
        assert (event["status"], event["from_id"], event["to_id"]) == (
            "offered",
            str(sold.buyer.id),
            None,
        )
        assert friend.email not in str(event)
        async with db.transaction() as session:
            now = await order_payment.repository.get_database_time(session)
        assert timedelta(hours=71) < gift.expires_at - now <= timedelta(hours=72)

    async def test_keeps_the_ticket_as_it_is(self) -> None:
        sold = await given.sell()
        await given.offer(sold, await factories.make_user())
        with pytest.raises(SeatNotFreeError, match=OFFERED):
            await given.open_file(sold, sold.buyer)
        with pytest.raises(SeatNotFreeError, match=OFFERED):
            await given.offer(sold, await factories.make_user())
        with pytest.raises(TicketOfferedError):
            await sales.relist(sold.ticket, sold.buyer)
        async with db.transaction() as session:
            relistable = await sell.list_relistable(
                session, owner_id=sold.buyer.id, ticket_ids=[sold.ticket.id]
            )
        assert relistable == set()

    async def test_needs_a_bought_ticket_of_the_giver(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        seller = sales.seller_of(sold.ticket)
        for other in (seller, await factories.make_user()):
            with pytest.raises(FileNotFoundForGiftError):
                await given.offer(sold, friend, other)

    async def test_refuses_a_listed_or_disputed_ticket(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await sales.relist(sold.ticket, sold.buyer)
        with pytest.raises(SeatNotFreeError, match=LISTED):
            await given.offer(sold, friend)
        other = await given.sell()
        async with db.transaction() as session:
            await order_payment.follow_dispute(session, order_id=other.sale.order.id, is_open=True)
        with pytest.raises(SeatNotFreeError, match=UNOWNED):
            await given.offer(other, friend)

    async def test_needs_two_confirmed_addresses(self) -> None:
        unconfirmed = await factories.make_user(is_confirmed=False)
        sold = await given.sell(unconfirmed)
        with pytest.raises(UnconfirmedGiftError):
            await given.offer(sold, await factories.make_user())
        other = await given.sell()
        with pytest.raises(OwnAddressError):
            await given.offer(other, other.buyer)
        gift = await given.offer(other, unconfirmed)
        assert (await given.read(gift, unconfirmed)).status is GiftStatus.OFFERED
        with pytest.raises(UnconfirmedGiftError):
            await given.take(gift, unconfirmed)
        assert await given.owner_of(other.file_id) == other.buyer.id

    async def test_is_limited(self, change_settings: Callable[..., None]) -> None:
        change_settings(gift_limit_per_hour=1)
        sold = await given.sell()
        gift = await given.offer(sold, await factories.make_user())
        await given.withdraw(gift, sold.buyer)
        with pytest.raises(TooManyRequestsError):
            await given.offer(sold, await factories.make_user())


class TestTakeGift:
    async def test_moves_the_ticket_to_the_friend(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.give(sold, friend)
        assert (gift.status, gift.is_giver) == (GiftStatus.TAKEN, False)
        assert await given.owner_of(sold.file_id) == friend.id
        (own,) = await given.list_given(friend)
        assert (own.gift_id, own.file_id, own.order_id, own.ticket.id) == (
            gift.id,
            sold.file_id,
            sold.sale.order.id,
            sold.ticket.id,
        )
        with pytest.raises(NotOpenableError, match="another owner"):
            await given.open_file(sold, sold.buyer)
        with pytest.raises(NotTicketOwnerError):
            await sales.relist(sold.ticket, sold.buyer)
        await given.open_file(sold, friend)
        assert (await given.read(gift, friend)).opened_at

    async def test_friend_gives_and_sells_it_on(self) -> None:
        sold = await given.sell()
        friend, other = [await factories.make_user() for _ in range(2)]
        await given.give(sold, friend)
        await given.give(sold, other, friend)
        assert await given.list_given(friend) == []
        with pytest.raises(FileNotFoundForGiftError):
            await given.offer(sold, friend, friend)
        again = await sales.relist(sold.ticket, other)
        later = await given.sell_on(again)
        assert await given.list_given(other) == []
        back = await given.give(later, sold.buyer)
        assert [own.gift_id for own in await given.list_given(sold.buyer)] == [back.id]

    async def test_is_for_the_account_with_the_address(self) -> None:
        sold = await given.sell()
        gift = await given.offer(sold, await factories.make_user("Fay@Gittix.test".lower()))
        for other in (await factories.make_user(), sold.buyer):
            with pytest.raises(GiftNotFoundError):
                await given.take(gift, other)
            with pytest.raises(GiftNotFoundError):
                await given.decline(gift, other)
        with pytest.raises(GiftNotFoundError):
            await given.read(gift, sales.seller_of(sold.ticket))

    @pytest.mark.parametrize("end", ["withdraw", "decline", "lapse", "take"])
    async def test_is_taken_once_and_before_its_end(self, end: str) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        if end == "withdraw":
            await given.withdraw(gift, sold.buyer)
        elif end == "decline":
            await given.decline(gift, friend)
        elif end == "lapse":
            await given.let_lapse(gift)
        else:
            await given.take(gift, friend)
        with pytest.raises(GiftEndedError):
            await given.take(gift, friend)
        with pytest.raises(GiftEndedError):
            await given.decline(gift, friend)
        with pytest.raises(GiftEndedError):
            await given.withdraw(gift, sold.buyer)
        owner = friend if end == "take" else sold.buyer
        assert await given.owner_of(sold.file_id) == owner.id
        if end != "take":
            assert (await given.offer(sold, friend)).status is GiftStatus.OFFERED

    async def test_not_while_the_purchase_is_disputed(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        async with db.transaction() as session:
            await order_payment.follow_dispute(session, order_id=sold.sale.order.id, is_open=True)
        with pytest.raises(SeatNotFreeError, match=UNOWNED):
            await given.take(gift, friend)
        assert (await given.read(gift, friend)).status is GiftStatus.OFFERED


class TestLapseGift:
    async def test_closes_an_offer_that_nobody_took(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        assert await gifts.lapse_gift(db.transaction, str(gift.id)) == gifts.TOO_EARLY
        await given.let_lapse(gift)
        assert (await given.read(gift, friend)).status is GiftStatus.LAPSED
        assert await gifts.lapse_gift(db.transaction, str(gift.id)) is None
        assert await gifts.lapse_gift(db.transaction, str(gift.id)) is None
        events = await factories.recorded_events("TicketGiven")
        assert [event["status"] for event in events] == ["offered", "lapsed"]
        assert await gifts.lapse_gift(db.transaction, factories.UNKNOWN_ID) is None

    async def test_an_offer_that_nobody_closed_blocks_no_other(self) -> None:
        sold = await given.sell()
        await given.let_lapse(await given.offer(sold, await factories.make_user()))
        await given.open_file(sold, sold.buyer)
        assert (await given.offer(sold, await factories.make_user())).opened_at
        events = await factories.recorded_events("TicketGiven")
        assert [event["status"] for event in events] == ["offered", "lapsed", "offered"]


class TestRefund:
    async def test_takes_the_ticket_from_the_friend(self) -> None:
        """The friend paid nothing, and the seller has to have the ticket before the money is back."""
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        await sales.request_refund(sold.sale)
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id
        assert await given.list_given(friend) == []
        with pytest.raises(DeliveryNotFoundError):
            await given.open_file(sold, friend)

    async def test_withdraws_an_open_offer(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        await sales.request_refund(sold.sale)
        with pytest.raises(GiftEndedError, match="took this gift back"):
            await given.take(gift, friend)
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id

    async def test_ends_the_listing_of_the_friend(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        again = await sales.relist(sold.ticket, friend)
        await sales.request_refund(sold.sale)
        assert (await factories.read_ticket(again.id)).status is Availability.WITHDRAWN
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id

    async def test_leaves_the_ticket_to_whom_the_friend_sold_it(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        later = await given.sell_on(await sales.relist(sold.ticket, friend))
        await sales.request_refund(sold.sale)
        assert await given.owner_of(sold.file_id) == later.buyer.id
        assert await sales.open_alerts() == [AlertKind.SOLD_ON]
        await sales.request_refund(later.sale)
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id

    async def test_returns_a_sale_of_the_friend_to_the_friend(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        later = await given.sell_on(await sales.relist(sold.ticket, friend))
        await sales.request_refund(later.sale)
        assert await given.owner_of(sold.file_id) == friend.id
        assert len(await given.list_given(friend)) == 0
        await sales.refund_sale(later.sale)
        assert len(await given.list_given(friend)) == 1


class TestRaces:
    async def test_taken_against_withdrawn(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        await asyncio.gather(
            given.take(gift, friend), given.withdraw(gift, sold.buyer), return_exceptions=True
        )
        ended = await given.read(gift, friend)
        owner = friend if ended.status is GiftStatus.TAKEN else sold.buyer
        assert await given.owner_of(sold.file_id) == owner.id

    async def test_taken_against_opened(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        offered, _ = await asyncio.gather(
            given.offer(sold, friend), given.open_file(sold, sold.buyer), return_exceptions=True
        )
        assert not isinstance(offered, BaseException)
        taken, opened = await asyncio.gather(
            given.take(offered, friend),
            given.open_file(sold, sold.buyer),
            return_exceptions=True,
        )
        assert not isinstance(taken, BaseException)
        assert isinstance(opened, SeatNotFreeError | NotOpenableError)

    async def test_offered_against_listed(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        outcomes = await asyncio.gather(
            given.offer(sold, friend), sales.relist(sold.ticket, sold.buyer), return_exceptions=True
        )
        refused = [each for each in outcomes if isinstance(each, BaseException)]
        assert len(refused) == 1
        assert isinstance(refused[0], SeatNotFreeError | TicketOfferedError)

    async def test_taken_against_refunded(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        gift = await given.offer(sold, friend)
        await asyncio.gather(
            given.take(gift, friend), sales.request_refund(sold.sale), return_exceptions=True
        )
        assert await given.owner_of(sold.file_id) == sold.ticket.seller_id
        assert (await given.read(gift, friend)).status in {GiftStatus.TAKEN, GiftStatus.WITHDRAWN}


class TestGetChain:
    async def test_tells_of_gifts_and_of_the_seal(self) -> None:
        sold = await given.sell()
        friend = await factories.make_user()
        await given.give(sold, friend)
        again = await sales.relist(sold.ticket, friend)
        found = await read_chain(again.id)
        assert [step.step for step in found.steps] == ["listed", "bought", "given", "listed_again"]
        assert (found.owners, found.is_sealed, found.opened_at) == (3, True, None)
        assert [step.is_mine for step in (await read_chain(again.id, friend)).steps][2:] == [
            True,
            True,
        ]
        later = await given.sell_on(again)
        await given.open_file(later, later.buyer)
        last = await read_chain((await sales.relist(again, later.buyer)).id)
        assert [step.step for step in last.steps][-2:] == ["opened", "listed_again"]
        assert (last.owners, last.is_sealed) == (4, False)
        assert last.opened_at


async def read_chain(ticket_id: UUID, viewer: UserRead | None = None) -> ChainRead:
    async with db.transaction() as session:
        return await chain.get_chain(
            session, ticket_id=ticket_id, viewer_id=viewer.id if viewer else None
        )


async def test_rest(api: AsyncClient) -> None:
    sold = await given.sell()
    address = f"/api/files/{sold.file_id}/gift"
    assert (await api.post(address, json={"email": "a@gittix.test"})).status_code == 401
    person = {"email": "friend@gittix.test", "password": "correct horse"}
    assert (await api.post("/api/users/signup", json=person)).status_code == 201
    wrong = await api.post(address, json={"email": "no address"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "email")
    assert (await api.post(address, json={"email": "a@gittix.test"})).status_code == 404
    assert (await api.post("/api/files/x/gift", json={"email": "a@b.test"})).status_code == 404
    async with db.transaction() as session:
        gift = await gifts.offer_gift(
            session, from_id=sold.buyer.id, file_id=sold.file_id, email="friend@gittix.test"
        )
    shown = (await api.get(f"/api/gifts/{gift.id}")).json()
    assert (shown["status"], shown["isGiver"], shown["toEmail"]) == (
        "offered",
        False,
        "friend@gittix.test",
    )
    assert (await api.post(f"/api/gifts/{gift.id}/take")).status_code == 403
    assert (await api.post(f"/api/gifts/{gift.id}/withdraw")).status_code == 404
    assert (await api.post(f"/api/gifts/{gift.id}/decline")).json()["status"] == "declined"
    assert (await api.post(f"/api/gifts/{gift.id}/take")).status_code == 403
    assert (await api.get("/api/gifts/x")).status_code == 404
    again = await sales.relist(sold.ticket, sold.buyer)
    shown = (await api.get(f"/api/tickets/{again.id}/chain")).json()
    assert (shown["owners"], shown["isSealed"], len(shown["steps"])) == (2, True, 3)
