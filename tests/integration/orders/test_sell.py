"""A ticket passes from owner to owner: permission to list it again, and visibility of its sales."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.deliveries import sales as deliveries
from tests.integration.payments import sales
from tests.integration.payments.sales import Sale
from tests.locks import end_or_wait
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.deliveries.service import following
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OwnershipStep
from ticketing_app.orders.service import chain, refund, sell
from ticketing_app.orders.service import ownership as owners
from ticketing_app.orders.service.sell import NotTicketOwnerError
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead, TicketUpdate
from ticketing_app.tickets.service import tickets
from ticketing_app.tickets.service.tickets import (
    TicketListedAgainError,
    TicketNotChangeableError,
    TicketNotFoundError,
)

PARALLEL = 8
PERSON = {"email": "owner@gittix.test", "password": "correct horse"}


def described_again(ticket_id: UUID, price: float = 50) -> TicketCreate:
    return TicketCreate.model_validate(
        {"title": "The Paper Lanterns", "price": price, "previousTicketId": str(ticket_id)}
    )


async def relist(ticket_id: UUID, owner: UserRead, price: float = 50) -> TicketRead:
    ticket = described_again(ticket_id, price)
    async with db.transaction() as session:
        return await sell.sell_ticket(session, seller_id=owner.id, ticket=ticket)


async def may_relist(ticket: TicketRead, user: UserRead | UUID) -> bool:
    owner_id = user if isinstance(user, UUID) else user.id
    async with db.transaction() as session:
        return ticket.id in await sell.list_relistable(
            session, owner_id=owner_id, ticket_ids=[ticket.id]
        )


async def withdraw(ticket: TicketRead) -> None:
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=ticket.seller_id, ticket_id=ticket.id)


async def history(ticket: TicketRead, viewer_id: UUID | None) -> list[tuple[str, bool]]:
    async with db.transaction() as session:
        found = await chain.get_chain(session, ticket_id=ticket.id, viewer_id=viewer_id)
    assert all(step.at for step in found.steps)
    return [(step.step, step.is_mine) for step in found.steps]


def seller_of(ticket: TicketRead) -> UserRead:
    return UserRead(id=ticket.seller_id, email="")


@pytest.mark.usefixtures("stripe_books")
class TestSellTicket:
    async def test_buyer_lists_it_again(self) -> None:
        sale = await sales.sell()
        assert await may_relist(sale.ticket, sale.buyer)
        again = await relist(sale.ticket.id, sale.buyer)
        assert (again.previous_ticket_id, again.seller_id) == (sale.ticket.id, sale.buyer.id)
        assert again.status is Availability.AVAILABLE
        assert not await may_relist(sale.ticket, sale.buyer)
        assert (await factories.read_ticket(sale.ticket.id)).status is Availability.SOLD
        told = await factories.recorded_events("TicketCreated")
        assert [event["ticket_id"] for event in told] == [str(sale.ticket.id), str(again.id)]

    async def test_keeps_the_event(self) -> None:
        event = await factories.make_event()
        made = await factories.make_listing("1", event=event)
        sale = await sales.sell(await factories.read_ticket(made.seats[0].ticket_id))
        other = await factories.make_event()
        wrong = described_again(sale.ticket.id).model_copy(update={"event_id": other.id})
        with pytest.raises(InvalidInputError, match="for another event"):
            async with db.transaction() as session:
                await sell.sell_ticket(session, seller_id=sale.buyer.id, ticket=wrong)
        again = await relist(sale.ticket.id, sale.buyer)
        assert (again.event_id, again.title) == (event.id, event.title)

    async def test_once_at_a_time_and_again_after_it_was_withdrawn(self) -> None:
        sale = await sales.sell()
        first = await relist(sale.ticket.id, sale.buyer)
        with pytest.raises(TicketListedAgainError):
            await relist(sale.ticket.id, sale.buyer)
        await withdraw(first)
        assert await may_relist(sale.ticket, sale.buyer)
        assert (await relist(sale.ticket.id, sale.buyer)).id != first.id

    async def test_not_again_once_it_was_sold_on(self) -> None:
        sale = await sales.sell()
        await sales.sell(await relist(sale.ticket.id, sale.buyer))
        with pytest.raises(TicketListedAgainError):
            await relist(sale.ticket.id, sale.buyer)

    async def test_only_its_owner_may(self) -> None:
        sale = await sales.sell()
        stranger, seller = await factories.make_user(), seller_of(sale.ticket)
        for other in (stranger, seller):
            assert not await may_relist(sale.ticket, other)
            with pytest.raises(NotTicketOwnerError):
                await relist(sale.ticket.id, other)

    async def test_a_hold_is_no_ownership(self) -> None:
        sale = await sales.start_sale()
        for someone in (sale.buyer, seller_of(sale.ticket)):
            with pytest.raises(NotTicketOwnerError):
                await relist(sale.ticket.id, someone)

    async def test_rejects_an_unknown_ticket(self) -> None:
        with pytest.raises(TicketNotFoundError):
            await relist(uuid4(), await factories.make_user())

    async def test_parallel_requests_make_one_listing(self) -> None:
        sale = await sales.sell()
        answers = await asyncio.gather(
            *(relist(sale.ticket.id, sale.buyer) for _ in range(PARALLEL)), return_exceptions=True
        )
        made = [answer for answer in answers if isinstance(answer, TicketRead)]
        refused = [answer for answer in answers if isinstance(answer, TicketListedAgainError)]
        assert (len(made), len(refused)) == (1, PARALLEL - 1)
        assert len(await factories.recorded_events("TicketCreated")) == 2

    async def test_the_database_alone_keeps_two_listings_apart(self) -> None:
        sale = await sales.sell()
        described = TicketCreate(title="x", price_cents=5000, previous_ticket_id=sale.ticket.id)

        async def list_unasked() -> None:
            async with db.transaction() as session:
                await tickets.create_ticket(session, seller_id=sale.buyer.id, ticket=described)

        answers = await asyncio.gather(
            *(list_unasked() for _ in range(PARALLEL)), return_exceptions=True
        )
        assert sum(answer is None for answer in answers) == 1
        refused = [answer for answer in answers if answer is not None]
        assert {type(answer) for answer in refused} == {TicketListedAgainError}


@pytest.mark.usefixtures("database")
class TestUpdateTicket:
    async def change(self, listed: TicketRead) -> TicketRead:
        update = TicketUpdate(title=listed.title, price_cents=55)
        async with db.transaction() as session:
            return await sell.update_ticket(
                session, seller_id=listed.seller_id, ticket_id=listed.id, ticket=update
            )

    async def test_closes_a_lapsed_order_before_a_ticket_leaves_its_listing(self) -> None:
        listed = await factories.make_tickets_together(seats=3)
        order = await factories.hold_tickets(listed[:2])
        await factories.let_hold_lapse(order.id)
        loose = await self.change(listed[0])
        assert (loose.listing_id, loose.order_id) == (None, None)
        (event,) = await factories.recorded_events("OrderExpired")
        assert event["order_id"] == str(order.id)
        assert (await factories.read_ticket(listed[1].id)).status is Availability.AVAILABLE
        assert (await factories.hold(loose)).price_cents == 5500

    async def test_leaves_a_running_order_alone(self) -> None:
        listed = await factories.make_tickets_together(seats=2)
        await factories.hold(listed[0])
        with pytest.raises(TicketNotChangeableError):
            await self.change(listed[0])
        assert (await self.change(listed[1])).listing_id is None
        assert await factories.recorded_events("OrderExpired") == []


@pytest.mark.usefixtures("stripe_books")
class TestRefundedTicket:
    async def test_has_no_owner_until_it_is_its_sellers_again(self) -> None:
        sale = await sales.sell()
        seller = seller_of(sale.ticket)
        await sales.request_refund(sale)
        for someone in (sale.buyer, seller):
            with pytest.raises(NotTicketOwnerError):
                await relist(sale.ticket.id, someone)
        await sales.refund_sale(sale)
        with pytest.raises(NotTicketOwnerError):
            await relist(sale.ticket.id, sale.buyer)
        again = await relist(sale.ticket.id, seller)
        assert again.seller_id == seller.id

    async def test_takes_its_buyers_listing_off_sale(self) -> None:
        sale = await sales.sell()
        again = await relist(sale.ticket.id, sale.buyer)
        await sales.request_refund(sale)
        assert (await factories.read_ticket(again.id)).status is Availability.WITHDRAWN
        (told,) = await factories.recorded_events("TicketUpdated")
        assert (told["ticket_id"], told["status"]) == (str(again.id), "withdrawn")

    async def test_a_hold_of_that_listing_may_be_paid(self) -> None:
        sale = await sales.sell()
        later = await sales.start_sale(await relist(sale.ticket.id, sale.buyer))
        await sales.refund_sale(sale)
        await sales.pay(later)
        assert (await factories.read_ticket(later.ticket.id)).status is Availability.SOLD

    async def test_that_listing_stays_off_sale_when_its_hold_ends(self) -> None:
        sale = await sales.sell()
        later = await sales.start_sale(await relist(sale.ticket.id, sale.buyer))
        await sales.refund_sale(sale)
        await sales.release(later)
        assert (await factories.read_ticket(later.ticket.id)).status is Availability.WITHDRAWN

    async def test_a_sellers_listing_outlives_a_refund_that_came_back(self) -> None:
        sale = await sales.sell()
        await sales.refund_sale(sale)
        again = await relist(sale.ticket.id, seller_of(sale.ticket))
        async with db.transaction() as session:
            await owners.end_unowned_listings(session, ticket_ids=[sale.ticket.id])
        assert (await factories.read_ticket(again.id)).status is Availability.AVAILABLE

    async def test_a_refund_waits_for_a_listing_that_is_being_made(self) -> None:
        sale = await sales.sell()
        async with db.transaction() as session:
            again = await sell.sell_ticket(
                session, seller_id=sale.buyer.id, ticket=described_again(sale.ticket.id)
            )
            refunding = asyncio.create_task(sales.request_refund(sale))
            await end_or_wait(refunding)
        await refunding
        assert (await factories.read_ticket(again.id)).status is Availability.WITHDRAWN

    async def test_a_listing_waits_for_a_refund_that_is_being_recorded(self) -> None:
        sale = await sales.sell()
        async with db.transaction() as session:
            await refund.follow_refund(session, order_id=sale.order.id, to=OrderStatus.REFUNDING)
            await following.follow_refund(session, order_id=sale.order.id)
            listing = asyncio.create_task(relist(sale.ticket.id, sale.buyer))
            await end_or_wait(listing)
        with pytest.raises(NotTicketOwnerError):
            await listing


@pytest.mark.usefixtures("stripe_books")
class TestGetChain:
    async def three_owners(self) -> tuple[Sale, Sale, TicketRead]:
        first = await sales.sell()
        second = await sales.sell(await relist(first.ticket.id, first.buyer))
        return first, second, await relist(second.ticket.id, second.buyer)

    async def test_each_owner_sees_all_sales(self) -> None:
        first, second, last = await self.three_owners()
        steps = [
            OwnershipStep.LISTED,
            OwnershipStep.BOUGHT,
            OwnershipStep.LISTED_AGAIN,
            OwnershipStep.BOUGHT,
            OwnershipStep.LISTED_AGAIN,
        ]
        mine = {
            first.ticket.seller_id: [True, False, False, False, False],
            first.buyer.id: [False, True, True, False, False],
            second.buyer.id: [False, False, False, True, True],
        }
        for owner_id, are_mine in mine.items():
            for ticket in (first.ticket, second.ticket, last):
                expected = list(zip(steps, are_mine, strict=True))
                assert await history(ticket, owner_id) == expected

    async def test_others_see_that_of_a_ticket_that_is_listed_again(self) -> None:
        first, _, last = await self.three_owners()
        stranger = await factories.make_user()
        assert await history(first.ticket, stranger.id) == []
        for viewer_id in (None, stranger.id):
            steps = await history(last, viewer_id)
            assert [step for step, _ in steps][-2:] == ["bought", "listed_again"]
            assert not any(is_mine for _, is_mine in steps)

    async def test_excludes_withdrawn_listings(self) -> None:
        sale = await sales.sell()
        dropped = await relist(sale.ticket.id, sale.buyer)
        await withdraw(dropped)
        await relist(sale.ticket.id, sale.buyer)
        assert len(await history(sale.ticket, sale.buyer.id)) == 3


class TestSellOverRest:
    @pytest.fixture
    async def owner(self, api: AsyncClient, stripe_books: None) -> UserRead:  # noqa: ARG002  # order only.
        answer = await api.post("/api/users/signup", json=PERSON)
        return UserRead.model_validate(answer.json())

    async def sell_again(self, api: AsyncClient, ticket_id: object) -> tuple[int, dict[str, Any]]:
        body = {"title": "Again", "price": 50, "previousTicketId": str(ticket_id)}
        answer = await api.post("/api/tickets", json=body)
        return answer.status_code, answer.json()

    async def test_lists_a_bought_ticket(self, api: AsyncClient, owner: UserRead) -> None:
        sale = await sales.sell(buyer=owner)
        status, ticket = await self.sell_again(api, sale.ticket.id)
        assert (status, ticket["previousTicketId"]) == (201, str(sale.ticket.id))
        status, refusal = await self.sell_again(api, sale.ticket.id)
        assert (status, refusal["errors"][0]["field"]) == (409, "previousTicketId")

    async def test_a_file_needs_a_proof(self, api: AsyncClient, owner: UserRead) -> None:
        sale = await deliveries.sell_files(b"a-long-payload-1", buyer=owner)
        without = await sales.sell(buyer=owner)
        async with db.transaction() as session:
            (file,) = await sell.describe_files(
                session, owner_id=owner.id, ticket_ids=[sale.ticket.id]
            )
        await age_proofs()
        again = {"title": "Again", "price": 50}
        by_file = again | {"delivery": {"method": "file", "fileIds": [str(file.id)]}}
        for path, body in (
            ("/api/tickets", again | {"previousTicketId": str(sale.ticket.id)}),
            ("/api/listings", again | {"seats": [{}], "previousTicketIds": [str(sale.ticket.id)]}),
            ("/api/tickets", by_file),
            ("/api/listings", by_file | {"seats": [{}]}),
        ):
            answer = await api.post(path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/proof-needed")
        assert (await self.sell_again(api, without.ticket.id))[0] == 201
        await api.post("/api/users/proof", json={"currentPassword": PERSON["password"]})
        assert (await self.sell_again(api, sale.ticket.id))[0] == 201

    async def test_rejects_a_ticket_of_another_user(
        self, api: AsyncClient, owner: UserRead
    ) -> None:
        sale, own = await sales.sell(), await factories.make_ticket(owner)
        assert (await self.sell_again(api, sale.ticket.id))[0] == 403
        assert (await self.sell_again(api, own.id))[0] == 403
        assert (await self.sell_again(api, uuid4()))[0] == 404
        assert (await self.sell_again(api, "nonsense"))[0] == 400

    async def test_an_edit_keeps_the_link(self, api: AsyncClient, owner: UserRead) -> None:
        sale = await sales.sell(buyer=owner)
        _, ticket = await self.sell_again(api, sale.ticket.id)
        body = {"title": "Again", "price": 60, "previousTicketId": str(uuid4())}
        answer = await api.put(f"/api/tickets/{ticket['id']}", json=body)
        assert answer.json()["previousTicketId"] == str(sale.ticket.id)
