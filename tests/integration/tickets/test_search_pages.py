"""All pages together are the complete list, even if it changes between two pages."""

import base64
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.integration.tickets.searches import event, execute, find
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.tickets.schemas.search import TicketSort

pytestmark = pytest.mark.usefixtures("database")


class TestPages:
    @pytest.mark.parametrize("sort", list(TicketSort))
    @settings(
        max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    async def test_together_are_the_whole_list_without_duplicates(
        self, sort: TicketSort, data: st.DataObject
    ) -> None:
        await execute("DELETE FROM tickets")
        seller = await factories.make_user()
        start = utc_now() + timedelta(days=3)
        # Few prices and dates, so that many rows tie.
        for price, day in data.draw(
            st.lists(
                st.tuples(st.integers(1, 3), st.one_of(st.none(), st.integers(0, 2))), max_size=8
            )
        ):
            when = {} if day is None else event(start + timedelta(days=day))
            await factories.make_ticket(seller, title="Lanterns", price=price, **when)
        limit = data.draw(st.integers(1, 5))
        everything = [ticket.id for ticket in (await find(sort=sort, limit=100)).items]
        assert await walk(sort, limit) == everything

    @pytest.mark.parametrize("sort", list(TicketSort))
    async def test_new_listings_cause_no_duplicates(self, sort: TicketSort) -> None:
        seller = await factories.make_user()

        async def list_some() -> None:
            for price in (10, 20):
                await factories.make_ticket(seller, price=price)

        await list_some()
        await list_some()
        before = {ticket.id for ticket in (await find(limit=100)).items}
        seen = await walk(sort, 1, between=list_some)
        assert len(seen) == len(set(seen))
        assert before <= set(seen)

    @pytest.mark.parametrize(
        "cursor",
        [
            "nonsense",
            "",
            [],
            None,
            {},
            {"sort": "newest"},
            {"sort": "newest", "id": "1"},
            {"sort": "cheapest", "id": "01a202f6-7e0d-756c-ba41-33bb5a4476a2"},
            {"sort": "cheapest", "id": "01a202f6-7e0d-756c-ba41-33bb5a4476a2", "price_cents": 10**30},
            {"sort": "soonest", "id": "01a202f6-7e0d-756c-ba41-33bb5a4476a2", "starts_at": "x"},
            {"sort": "soonest", "id": "01a202f6-7e0d-756c-ba41-33bb5a4476a2", "starts_at": "0001-01-01T00:00:00+14:00"},
            {"sort": "newest", "id": "01a202f6-7e0d-756c-ba41-33bb5a4476a2", "q": "x" * 101},
        ],
    )  # fmt: skip
    async def test_rejects_made_up_cursor(self, cursor: object) -> None:
        made_up = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        sort = cursor.get("sort", "newest") if isinstance(cursor, dict) else "newest"
        with pytest.raises(InvalidInputError) as refusal:
            await find(cursor=made_up, sort=sort)
        assert refusal.value.field == "cursor"

    async def test_accepts_any_words_in_a_cursor(self) -> None:
        await factories.make_ticket()
        cursor = {"sort": "newest", "id": str(db.new_id()), "q": "' | !& \x00"}
        made_up = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        assert (await find(cursor=made_up)).items == []


async def walk(
    sort: TicketSort, limit: int, between: Callable[[], Coroutine[Any, Any, None]] | None = None
) -> list[Any]:
    """Read page after page (at most 40) and return the ids in their order."""
    seen: list[Any] = []
    cursor = None
    for _ in range(40):
        page = await find(sort=sort, limit=limit, cursor=cursor)
        seen += [ticket.id for ticket in page.items]
        if (cursor := page.next_cursor) is None:
            return seen
        if between and len(seen) < 8:
            await between()
    return seen
