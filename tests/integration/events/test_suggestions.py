from datetime import timedelta

import pytest

from tests.integration.events.makers import EVENING, make_event
from tests.integration.tickets.searches import execute
from ticketing_app.core import db
from ticketing_app.events.schemas import CityOfEvents
from ticketing_app.events.service import cities as cities_service
from ticketing_app.events.service import events, venues

pytestmark = pytest.mark.usefixtures("cities")


async def cities(text: str) -> list[str]:
    async with db.transaction() as session:
        return [city.name for city in await cities_service.suggest_cities(session, text=text)]


async def titles(text: str) -> list[str]:
    async with db.transaction() as session:
        return [event.title for event in await events.suggest_events(session, text=text)]


async def venue_names(text: str) -> list[str]:
    async with db.transaction() as session:
        return [venue.name for venue in await venues.suggest_venues(session, text=text)]


class TestSuggestCities:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Munich", ["Munich"]),
            ("mün", ["Munich", "Münster"]),
            ("munchen", ["Munich"]),
            ("monaco di", ["Munich"]),
            ("SAO P", ["São Paulo"]),
            ("Oporto", ["Porto"]),
            ("Lodnon", ["London"]),
            ("Berlni", ["Berlin"]),
            ("Munihc", ["Munich"]),
        ],
    )
    async def test_knows_other_names_accents_and_typing_errors(
        self, text: str, expected: list[str]
    ) -> None:
        assert (await cities(text))[: len(expected)] == expected

    async def test_shows_main_names_before_other_names_and_codes(self) -> None:
        await execute(
            "INSERT INTO city_names SELECT id, 'mun' FROM cities WHERE name = 'São Paulo'"
        )
        await execute("INSERT INTO city_names SELECT id, 'munro' FROM cities WHERE name = 'London'")
        assert await cities("mun") == ["Munich", "Münster", "São Paulo", "London"]
        assert (await cities("munro"))[0] == "London"

    @pytest.mark.parametrize("text", ["", "  ", "xyzzy", "%", "\\", "_", "'", "🎸", "x" * 100])
    async def test_finds_nothing_for_nonsense(self, text: str) -> None:
        assert await cities(text) == []


class TestSuggestVenues:
    @pytest.mark.parametrize("text", ["harb", "Harbour Hall", "habour", "harbour hlal", "Hárbour"])
    async def test_tolerates_beginnings_and_typing_errors(self, text: str) -> None:
        await make_event(venue="Harbour Hall")
        await make_event(venue="Foghorn Theatre")
        assert await venue_names(text) == ["Harbour Hall"]

    async def test_suggests_the_closest_first(self) -> None:
        for name in ("Harbour Hall Annex", "Harbour Hall"):
            await make_event(venue=name)
        assert await venue_names("harbour hall") == ["Harbour Hall", "Harbour Hall Annex"]

    @pytest.mark.parametrize("text", ["", " ", "%", "xyzzy"])
    async def test_finds_nothing_for_nonsense(self, text: str) -> None:
        await make_event()
        assert await venue_names(text) == []

    async def test_lists_the_next_events(self) -> None:
        later = await make_event("Later", starts_local=EVENING + timedelta(days=1))
        sooner = await make_event("Sooner")
        await make_event("Elsewhere", venue="Foghorn Theatre")
        async with db.transaction() as session:
            found = await venues.list_upcoming(session, venue_id=sooner.venue.id)
        assert found == [sooner, later]


class TestSuggestEvents:
    @pytest.mark.parametrize(
        "text",
        ["paper", "lanterns porto", "Harbour", "papr lanterns", "the paper latnerns", "Páper"],
    )
    async def test_tolerates_words_in_any_place_and_typing_errors(self, text: str) -> None:
        await make_event("The Paper Lanterns")
        await make_event("Okapi Sundays", venue="Foghorn Theatre", city="Berlin")
        assert await titles(text) == ["The Paper Lanterns"]

    async def test_shows_upcoming_events_first_and_no_cancelled_ones(self) -> None:
        for day, title in enumerate(("Lanterns past", "Lanterns soon", "Lanterns off")):
            await make_event(title, starts_local=EVENING + timedelta(days=day))
        await execute("UPDATE events SET starts_at = now() WHERE title = 'Lanterns past'")
        await execute("UPDATE events SET status = 'cancelled' WHERE title = 'Lanterns off'")
        assert await titles("lanterns") == ["Lanterns soon", "Lanterns past"]

    @pytest.mark.parametrize("text", ["", " ", "xyzzy", "'; DROP TABLE events; --", "🎸"])
    async def test_finds_nothing_for_nonsense(self, text: str) -> None:
        await make_event("Okapi Sundays")
        assert await titles(text) == []


class TestCitiesOfEvents:
    async def test_lists_each_city_with_upcoming_events_once(self) -> None:
        await make_event(city="São Paulo")
        await make_event(city="Munich")
        await make_event("Okapi Sundays", city="Munich")
        await make_event(city="London")
        await execute("UPDATE events SET status = 'cancelled' WHERE city = 'London'")
        async with db.transaction() as session:
            found = await cities_service.list_with_events(session)
        assert found == [
            CityOfEvents(name="Munich", slug="munich"),
            CityOfEvents(name="São Paulo", slug="sao-paulo"),
        ]
