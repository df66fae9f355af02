"""Limits of accounts with an unconfirmed address."""

from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient, Response

from tests import factories
from tests.integration.accounts import links
from tests.integration.accounts.browsers import ANA

TICKET = {"title": "The Paper Lanterns", "price": 40}
WAY_OUT = "Open the link that we mailed you, or have it mailed again on your account page."


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


async def list_ticket(api: AsyncClient) -> Response:
    return await api.post("/api/tickets", json=TICKET)


async def hold(api: AsyncClient) -> Response:
    ticket = await factories.make_ticket()
    return await api.post("/api/orders", json={"ticketId": str(ticket.id)})


async def hold_listed(api: AsyncClient) -> Response:
    listing = await factories.make_listing("1")
    return await api.post("/api/orders", json={"listingId": str(listing.id), "quantity": 1})


def sentence(answer: Response) -> str:
    assert answer.status_code == 429
    return answer.json()["errors"][0]["message"]


class TestDefaults:
    @pytest.mark.usefixtures("stripe_books")
    async def test_sign_up_list_three_hold_two_and_pay_without_mail(self, ana: AsyncClient) -> None:
        assert [(await list_ticket(ana)).status_code for _ in range(3)] == [201] * 3
        orders = [await hold(ana) for _ in range(2)]
        assert [order.status_code for order in orders] == [201, 201]
        for order in orders:
            body = {"orderId": order.json()["id"]}
            assert (await ana.post("/api/payments", json=body)).status_code == 201


class TestListings:
    async def test_are_limited(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(unconfirmed_listings=1)
        first = (await list_ticket(ana)).json()["id"]
        message = sentence(await list_ticket(ana))
        assert (
            message == f"You can have 1 listing at a time until your email is confirmed. {WAY_OUT}"
        )
        await ana.delete(f"/api/tickets/{first}")
        assert (await list_ticket(ana)).status_code == 201

    async def test_several_tickets_are_one_listing(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(unconfirmed_listings=1)
        event = await factories.make_event()
        listing = {"eventId": str(event.id), "price": 40, "quantity": 3}
        answer = await ana.post("/api/listings", json=listing)
        assert answer.status_code == 201
        assert "1 listing" in sentence(await ana.post("/api/listings", json=listing))

    async def test_are_free_once_confirmed(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(unconfirmed_listings=1)
        await links.confirm(ana, ANA["email"])
        assert [(await list_ticket(ana)).status_code for _ in range(2)] == [201, 201]


class TestHolds:
    @pytest.mark.parametrize("again", [hold, hold_listed])
    async def test_are_limited(
        self,
        ana: AsyncClient,
        change_settings: Callable[..., None],
        again: Callable[[AsyncClient], Awaitable[Response]],
    ) -> None:
        change_settings(unconfirmed_holds=1)
        order = (await hold(ana)).json()
        message = sentence(await again(ana))
        assert (
            message
            == f"You can have 1 open order at a time until your email is confirmed. {WAY_OUT}"
        )
        await ana.delete(f"/api/orders/{order['id']}")
        assert (await hold(ana)).status_code == 201

    async def test_are_free_once_confirmed(
        self, ana: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(unconfirmed_holds=1, max_open_holds=2)
        await links.confirm(ana, ANA["email"])
        assert [(await hold(ana)).status_code for _ in range(2)] == [201, 201]
        assert "2 open orders already" in sentence(await hold(ana))
