import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.factories import recorded_events
from tests.integration.events.makers import EVENING, described, find_or_create, make_event
from tests.integration.messaging.samples import column
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.events.schemas import EventCreate, VenueCreate
from ticketing_app.events.service.cities import CityNotFoundError
from ticketing_app.events.service.events import EventNotFoundError, get_by_slug
from ticketing_app.events.service.venues import VenueNotFoundError

pytestmark = pytest.mark.usefixtures("cities")


class TestFindOrCreate:
    async def test_takes_place_and_zone_from_the_city(self) -> None:
        event = await make_event(city="São Paulo", category="concert")
        assert event.venue.city == "São Paulo"
        assert (event.venue.country, event.venue.timezone) == ("BR", "America/Sao_Paulo")
        assert event.venue.latitude == pytest.approx(-23.5475, abs=1e-4)
        assert event.starts_local == EVENING
        assert event.starts_at == (event.starts_local + timedelta(hours=3)).replace(tzinfo=UTC)
        assert event.slug == f"the-paper-lanterns-sao-paulo-{event.starts_local:%F}"
        assert event.venue.slug == "harbour-hall-sao-paulo"

    async def test_records_a_new_event_once(self) -> None:
        event = await make_event()
        await make_event()
        [recorded] = await recorded_events("EventCreated")
        assert recorded["event_id"] == str(event.id)
        assert (recorded["event_version"], recorded["venue"]) == (1, "Harbour Hall")

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"title": "the paper lanterns"},
            {"title": "The Páper  Lanterns"},
            {"venue": "HARBOUR-HALL"},
            {"starts_local": EVENING.replace(second=59)},
        ],
    )
    async def test_finds_it_by_title_venue_and_time(self, fields: dict[str, Any]) -> None:
        event = await make_event()
        user = await factories.make_user()
        found = await find_or_create(described(**fields), user.id)
        assert (found.event, found.is_new) == (event, False)

    @pytest.mark.parametrize(
        "fields",
        [
            {"title": "The Paper Lanterns II"},
            {"venue": "Harbour Hall 2"},
            {"city": "Munich"},
            {"starts_local": EVENING + timedelta(hours=2)},
        ],
    )
    async def test_another_title_venue_or_time_is_another_event(
        self, fields: dict[str, Any]
    ) -> None:
        event = await make_event()
        assert (await make_event(**fields)).id != event.id

    async def test_numbers_a_slug_that_is_taken(self) -> None:
        first = await make_event()
        matinee = await make_event(starts_local=EVENING.replace(hour=11))
        other_words = await make_event("The Paper Lanterns!")
        assert matinee.slug == f"{first.slug}-2"
        assert other_words.slug == f"{first.slug}-3"
        async with db.transaction() as session:
            assert await get_by_slug(session, slug=matinee.slug) == matinee

    async def test_ends_a_slug_with_a_random_part_after_many(self) -> None:
        events = [await make_event("Lanterns" + "!" * count) for count in range(11)]
        assert events[8].slug.endswith("-9")
        assert len({event.slug for event in events}) == 11

    async def test_finds_by_a_known_venue(self) -> None:
        event = await make_event()
        user = await factories.make_user()
        again = EventCreate(title=event.title, starts_local=EVENING, venue_id=event.venue.id)
        assert not (await find_or_create(again, user.id)).is_new

    async def test_thirty_at_once_make_one_row(self) -> None:
        users = [await factories.make_user() for _ in range(30)]
        found = await asyncio.gather(*(find_or_create(described(), user.id) for user in users))
        assert len({each.event.id for each in found}) == 1
        assert [each.is_new for each in found].count(True) == 1
        assert await column("SELECT count(*) FROM events") == [1]
        assert await column("SELECT count(*) FROM venues") == [1]

    async def test_thirty_titles_of_one_slug_at_once_make_thirty_rows(self) -> None:
        users = [await factories.make_user() for _ in range(30)]
        titles = ["Lanterns" + "!" * count for count in range(30)]
        found = await asyncio.gather(
            *(
                find_or_create(described(title), user.id)
                for title, user in zip(titles, users, strict=True)
            )
        )
        assert len({each.event.slug for each in found}) == 30


class TestRefusals:
    async def test_rejects_a_start_in_the_past(self) -> None:
        user = await factories.make_user()
        begun = described(starts_local=datetime.fromisoformat("2026-01-01T20:00"))
        with pytest.raises(InvalidInputError) as refusal:
            await find_or_create(begun, user.id)
        assert refusal.value.field == "startsLocal"
        assert await column("SELECT count(*) FROM venues") == [0]

    async def test_rejects_an_unknown_city(self) -> None:
        user = await factories.make_user()
        nowhere = VenueCreate(name="Harbour Hall", city_id=1)
        with pytest.raises(CityNotFoundError):
            await find_or_create(
                EventCreate(title="Lanterns", starts_local=EVENING, venue=nowhere), user.id
            )

    async def test_rejects_an_unknown_venue(self) -> None:
        user = await factories.make_user()
        event = EventCreate(
            title="Lanterns", starts_local=EVENING, venue_id=UUID(factories.UNKNOWN_ID)
        )
        with pytest.raises(VenueNotFoundError):
            await find_or_create(event, user.id)

    async def test_unknown_slug_is_not_found(self) -> None:
        async with db.transaction() as session:
            with pytest.raises(EventNotFoundError):
                await get_by_slug(session, slug="nothing")
