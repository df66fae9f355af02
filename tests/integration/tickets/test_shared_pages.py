"""Pages of tickets and events are cached for visitors who are not signed in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.privacy.people import sign_up
from ticketing_app.core import changes, db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.service import curation
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import search

PATHS = ("/api/tickets", "/api/tickets?sort=cheapest&maxPrice=100", "/api/events")


@pytest.fixture
async def ticket(database: None) -> TicketRead:  # noqa: ARG001  # order only.
    return await factories.make_ticket()


async def items(api: AsyncClient, path: str = PATHS[0]) -> list[dict[str, Any]]:
    answer = await api.get(path)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()["items"]


class TestListTickets:
    async def test_reads_once_until_a_change(self, api: AsyncClient, ticket: TicketRead) -> None:
        shown = [await items(api, path) for path in PATHS]
        with patch.object(db, "transaction", side_effect=OSError):
            assert [await items(api, path) for path in PATHS] == shown
        await factories.hold(ticket)
        assert [item["status"] for item in await items(api)] == ["locked"]
        await factories.make_ticket(price=20)
        assert [item["price"] for item in await items(api, PATHS[1])] == [20, 40]

    async def test_counts_other_tickets_of_a_listing(self, api: AsyncClient) -> None:
        listing = await factories.make_listing("1", "2", "3")
        assert [item["available"] for item in await items(api)] == [3]
        await factories.hold(await factories.read_ticket(listing.seats[2].ticket_id))
        assert [item["available"] for item in await items(api)] == [2]

    async def test_shows_orders_only_to_their_buyers(
        self, api: AsyncClient, ticket: TicketRead
    ) -> None:
        buyer = await sign_up(api)
        order = await factories.hold(ticket, buyer)
        assert [item["orderId"] for item in await items(api)] == [str(order.id)]
        api.cookies.clear()
        assert [item["orderId"] for item in await items(api)] == [None]

    @pytest.mark.parametrize("path", PATHS)
    async def test_answers_from_the_cache_count_for_the_limit(
        self, api: AsyncClient, change_settings: Callable[..., None], path: str
    ) -> None:
        change_settings(search_limit_per_address_per_minute=2)
        assert [(await api.get(path)).status_code for _ in range(3)] == [200, 200, 429]


class TestListEvents:
    async def test_follows_events(self, api: AsyncClient) -> None:
        event = await factories.make_event()
        changes.note(None)
        assert [item["id"] for item in await items(api, PATHS[2])] == [str(event.id)]
        async with db.transaction() as session:
            await curation.cancel_event(session, event_id=event.id)
        assert await items(api, PATHS[2]) == []


class TestFindNextChange:
    async def test_is_the_end_of_a_lease_or_the_start(self, ticket: TicketRead) -> None:
        assert search.find_next_change([ticket]) is None
        starts_at = utc_now() + timedelta(days=1)
        dated = ticket.model_copy(update={"starts_at": starts_at})
        assert search.find_next_change([ticket, dated]) == starts_at
        order = await factories.hold(ticket)
        held = await factories.read_ticket(ticket.id)
        assert search.find_next_change([dated, held]) == order.expires_at
