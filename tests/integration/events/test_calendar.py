"""The calendar file of an event, parsed by icalendar."""

from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from icalendar import Calendar
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings

STARTS_AT = datetime(2099, 5, 1, 19, 30, tzinfo=UTC)


class TestCalendar:
    @pytest.mark.parametrize("name", ["id", "slug"])
    async def test_has_time_and_place(self, api: AsyncClient, name: str) -> None:
        made = await factories.make_event("Velvet Meridian", starts_at=STARTS_AT)
        answer = await api.get(f"/api/events/{getattr(made, name)}/calendar")
        assert answer.headers["content-type"].startswith("text/calendar")
        (event,) = Calendar.from_ical(answer.content).events
        assert event["SUMMARY"] == "Velvet Meridian"
        assert event.start == STARTS_AT
        assert event["LOCATION"] == f"{made.venue.name}, Rotterdam"
        assert event["URL"] == f"{get_settings().public_url}/events/{made.slug}"
        assert "STATUS" not in event

    async def test_tells_calendars_that_it_was_cancelled(self, api: AsyncClient) -> None:
        made = await factories.make_event(status="cancelled")
        answer = await api.get(f"/api/events/{made.slug}/calendar")
        (event,) = Calendar.from_ical(answer.content).events
        assert event["STATUS"] == "CANCELLED"

    async def test_redirects_from_a_double(self, api: AsyncClient) -> None:
        made = await factories.make_event()
        double = await factories.make_event()
        async with db.transaction() as session:
            statement = text("UPDATE events SET merged_into_id = :into WHERE id = :id")
            values = {"into": made.id, "id": double.id}
            await (await session.connection()).execute(statement, values)
        answer = await api.get(f"/api/events/{double.slug}/calendar")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"/api/events/{made.slug}/calendar"

    @pytest.mark.parametrize("event", ["nothing", factories.UNKNOWN_ID, "a b"])
    async def test_is_404_without_an_event(self, api: AsyncClient, event: str) -> None:
        answer = await api.get(f"/api/events/{event}/calendar")
        assert answer.status_code == 404
