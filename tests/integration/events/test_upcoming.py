"""Lists of upcoming events."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import upcoming

pytestmark = pytest.mark.usefixtures("database")


async def other_dates(event: EventRead) -> list[EventRead]:
    async with db.transaction() as session:
        return await upcoming.list_other_dates(session, event=event)


class TestListOtherDates:
    async def test_ignores_case_and_accents(self) -> None:
        event = await factories.make_event("Ólafur Grönwall")
        other = await factories.make_event("olafur gronwall")
        await factories.make_event("Olafur Gronwall, the Second")
        assert await other_dates(event) == [other]

    async def test_omits_past_and_cancelled_events(self) -> None:
        event = await factories.make_event()
        await factories.make_event(starts_at=utc_now() - timedelta(days=1))
        await factories.make_event(status="cancelled")
        assert await other_dates(event) == []

    async def test_lists_the_same_city_first(self) -> None:
        event = await factories.make_event()
        abroad = await factories.make_event(starts_at=utc_now() + timedelta(days=1))
        near = await factories.make_event(starts_at=utc_now() + timedelta(days=60))
        async with db.transaction() as session:
            statement = text("UPDATE events SET city = 'Porto' WHERE id = :id")
            await (await session.connection()).execute(statement, {"id": abroad.id})
        assert [found.id for found in await other_dates(event)] == [near.id, abroad.id]
