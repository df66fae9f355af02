"""The offers of an event are cached for all who see the same of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.privacy.people import sign_up
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import changes, db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead
from ticketing_app.orders.service import release
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import offers


@pytest.fixture
async def event(database: None) -> EventRead:  # noqa: ARG001  # order only.
    return await factories.make_event()


@pytest.fixture
async def ticket(event: EventRead) -> TicketRead:
    return await factories.make_ticket(eventId=str(event.id))


async def seats(api: AsyncClient, event: EventRead) -> list[dict[str, Any]]:
    answer = await api.get(f"/api/events/{event.slug}/listings")
    assert answer.headers["content-type"] == "application/json"
    return [seat for offer in answer.json()["items"] for seat in offer["seats"]]


async def statuses(api: AsyncClient, event: EventRead) -> list[str]:
    return [seat["status"] for seat in await seats(api, event)]


class TestListEventOffers:
    async def test_reads_once_until_a_change(
        self, api: AsyncClient, event: EventRead, ticket: TicketRead
    ) -> None:
        assert await statuses(api, event) == ["available"]
        with patch.object(db, "transaction", side_effect=OSError):
            assert await statuses(api, event) == ["available"]
        buyer = await factories.make_user()
        order = await factories.hold(ticket, buyer)
        assert await statuses(api, event) == ["locked"]
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert await statuses(api, event) == ["available"]

    async def test_shows_orders_only_to_their_buyers(
        self, api: AsyncClient, event: EventRead, ticket: TicketRead
    ) -> None:
        assert [seat["orderId"] for seat in await seats(api, event)] == [None]
        buyer = await sign_up(api)
        order = await factories.hold(ticket, buyer)
        assert [seat["orderId"] for seat in await seats(api, event)] == [str(order.id)]
        for sign_in in (api.cookies.clear, lambda: None):
            sign_in()
            assert [seat["orderId"] for seat in await seats(api, event)] == [None]

    async def test_shows_orders_to_the_seller(self, api: AsyncClient, event: EventRead) -> None:
        seller: UserRead = await sign_up(api)
        order = await factories.hold(await factories.make_ticket(seller, eventId=str(event.id)))
        assert [seat["orderId"] for seat in await seats(api, event)] == [str(order.id)]

    async def test_answers_like_without_a_cache(
        self, api: AsyncClient, event: EventRead, ticket: TicketRead
    ) -> None:
        seller = await sign_up(api)
        await factories.make_ticket(seller, eventId=str(event.id), price=Decimal("50.25"))
        path = f"/api/events/{event.slug}/listings"
        own = (await api.get(path)).json()
        api.cookies.clear()
        changes.note(None)
        assert (await api.get(path)).json() == own
        assert own["items"][0]["seats"][0]["ticketId"] == str(ticket.id)


class TestFindNextChange:
    async def test_is_the_end_of_the_first_lease(
        self, event: EventRead, ticket: TicketRead
    ) -> None:
        order = await factories.hold(ticket)
        await factories.make_ticket(eventId=str(event.id))
        async with db.transaction() as session:
            found = await offers.list_event_offers(session, event_id=event.id)
        assert offers.find_next_change(found) == order.expires_at

    async def test_is_the_end_of_a_sale(self, event: EventRead, ticket: TicketRead) -> None:
        assert ticket.delivery is None
        promise = {"method": "transfer", "issuer": "axs"}
        await factories.make_ticket(eventId=str(event.id), delivery=promise)
        async with db.transaction() as session:
            found = await offers.list_event_offers(session, event_id=event.id)
        ends_at = offers.find_next_change(found)
        assert ends_at
        assert utc_now() < ends_at < event.starts_at - timedelta(hours=1)

    def test_is_nothing_without_offers(self) -> None:
        assert offers.find_next_change([]) is None
