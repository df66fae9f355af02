"""The calendar file of a ticket, parsed by icalendar."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from icalendar import Calendar
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.schemas.tickets import TicketRead

DATED: dict[str, Any] = {
    "venue": "Harbour Hall",
    "city": "Rotterdam",
    "startsAt": "2099-05-01T18:00:00Z",
    "timezone": "Europe/Amsterdam",
}
HOSTILE = "A; b, c\\d\nEND:VEVENT\r\nDTSTART:19990101T000000Z 🎸" + "é" * 60


async def event_of(api: AsyncClient, ticket: TicketRead) -> Any:  # noqa: ANN401  # its properties are of many types.
    answer = await api.get(f"/api/tickets/{ticket.id}/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    (event,) = Calendar.from_ical(answer.content).events
    return event


class TestCalendar:
    async def test_has_time_and_place(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket(**DATED, description="Two rows from the stage.")
        event = await event_of(api, ticket)
        assert event["SUMMARY"] == "The Paper Lanterns"
        assert event.start.isoformat() == "2099-05-01T20:00:00+02:00"
        assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
        assert event["LOCATION"] == "Harbour Hall, Rotterdam"
        assert event["DESCRIPTION"] == "Two rows from the stage."
        assert event["URL"] == f"{get_settings().public_url}/tickets/{ticket.id}"
        assert event["UID"].startswith(f"{ticket.id}@")

    async def test_keeps_its_uid_after_an_edit(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket(**DATED)
        first = await event_of(api, ticket)
        await factories.hold(ticket)
        second = await event_of(api, ticket)
        assert first["UID"] == second["UID"]
        assert second["SEQUENCE"] > first["SEQUENCE"]

    async def test_escapes_any_text(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket(**DATED)
        # Listings older than the rule against such text.
        async with db.transaction() as session:
            statement = text("UPDATE tickets SET title = :hostile, venue = :hostile WHERE id = :id")
            values = {"hostile": HOSTILE, "id": ticket.id}
            await (await session.connection()).execute(statement, values)
        event = await event_of(api, ticket)
        assert event["SUMMARY"].split() == HOSTILE.split()
        assert event.start.year == 2099

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
    async def test_supports_every_time_zone(self, api: AsyncClient, zone: str) -> None:
        ticket = await factories.make_ticket(startsAt="2099-12-31T22:00:00Z", timezone=zone)
        start = (await event_of(api, ticket)).start
        assert ticket.starts_at is not None
        assert start.replace(tzinfo=ZoneInfo(zone)) == ticket.starts_at

    async def test_is_404_without_a_date(self, api: AsyncClient) -> None:
        ticket = await factories.make_ticket()
        answer = await api.get(f"/api/tickets/{ticket.id}/calendar")
        assert answer.status_code == 404
        assert "no date" in answer.json()["errors"][0]["message"]

    @pytest.mark.parametrize("ticket_id", ["nonsense", factories.UNKNOWN_ID])
    async def test_is_404_without_a_ticket(self, api: AsyncClient, ticket_id: str) -> None:
        answer = await api.get(f"/api/tickets/{ticket_id}/calendar")
        assert answer.status_code == 404
        assert "could not find" in answer.json()["errors"][0]["message"]
