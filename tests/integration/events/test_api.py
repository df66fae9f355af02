from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import CITIES, UNKNOWN_ID, recorded_events
from tests.integration.events.makers import EVENING, make_event
from tests.integration.tickets.conftest import SELLER
from tests.integration.tickets.searches import execute

pytestmark = pytest.mark.usefixtures("cities")

BODY = {
    "title": "The Paper Lanterns",
    "category": "concert",
    "startsLocal": "2099-05-01T20:00",
    "venue": {"name": "Isarhalle", "cityId": CITIES["Munich"][0]},
}


@pytest.fixture
async def seller(api: AsyncClient) -> AsyncClient:
    """A client that is signed in as a new seller."""
    await api.post("/api/users/signup", json=SELLER)
    return api


class TestFindOrCreate:
    async def test_answers_201_for_a_new_event_and_200_for_a_known_one(
        self, seller: AsyncClient
    ) -> None:
        made = await seller.post("/api/events", json=BODY)
        found = await seller.post("/api/events", json=BODY | {"title": "THE PAPER LANTERNS"})
        assert (made.status_code, found.status_code) == (201, 200)
        assert made.json() == found.json()
        event = made.json()
        assert event["slug"] == "the-paper-lanterns-munich-2099-05-01"
        assert event["startsLocal"] == "2099-05-01T20:00:00"
        assert event["startsAt"] == "2099-05-01T18:00:00Z"
        assert event["venue"]["timezone"] == "Europe/Berlin"
        assert event["status"] == "scheduled"

    @pytest.mark.parametrize(
        ("fields", "status", "field"),
        [
            ({"title": ""}, 400, "title"),
            ({"title": 5}, 400, "title"),
            ({"title": "a\u202eb"}, 400, "title"),
            ({"category": "opera"}, 400, "category"),
            ({"startsLocal": "2099-05-01T20:00:00Z"}, 400, "startsLocal"),
            ({"startsLocal": "2026-05-01T20:00"}, 400, "startsLocal"),
            ({"startsLocal": None}, 400, "startsLocal"),
            ({"venue": {"name": "", "cityId": 1}}, 400, "venue.name"),
            ({"venue": {"name": "Isarhalle"}}, 400, "venue.cityId"),
            ({"venue": {"name": "Isarhalle", "cityId": 1}}, 404, "cityId"),
            ({"venue": {"name": "Isarhalle", "cityId": 10**30}}, 400, "venue.cityId"),
            ({"venue": None}, 400, None),
            ({"venue": None, "venueId": UNKNOWN_ID}, 404, "venueId"),
            ({"venueId": UNKNOWN_ID}, 400, None),
        ],
    )
    async def test_names_the_wrong_field(
        self, seller: AsyncClient, fields: dict[str, Any], status: int, field: str | None
    ) -> None:
        answer = await seller.post("/api/events", json=BODY | fields)
        assert answer.status_code == status
        [error] = answer.json()["errors"]
        assert error.get("field") == field
        assert error["message"].endswith(".")
        assert await recorded_events("EventCreated") == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"title": "a\\u0000b"}', b"\xff"])
    async def test_bad_bodies_are_400(self, seller: AsyncClient, body: bytes) -> None:
        assert (await seller.post("/api/events", content=body)).status_code == 400

    async def test_checks_session_first(self, api: AsyncClient) -> None:
        assert (await api.post("/api/events", content=b"{")).status_code == 401

    async def test_limits_new_events_of_an_account(
        self, seller: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(event_limit_per_hour=2)
        titles = ["One", "Two", "Three", "Two"]
        answers = [await seller.post("/api/events", json=BODY | {"title": t}) for t in titles]
        assert [answer.status_code for answer in answers] == [201, 201, 429, 200]
        assert int(answers[2].headers["retry-after"]) > 0


class TestGetEvent:
    async def test_finds_by_id_and_slug(self, api: AsyncClient) -> None:
        event = await make_event()
        by_id = await api.get(f"/api/events/{event.id}")
        by_slug = await api.get(f"/api/events/{event.slug}")
        assert by_id.status_code == by_slug.status_code == 200
        assert by_id.json() == by_slug.json()

    async def test_redirects_from_a_merged_event(self, api: AsyncClient) -> None:
        event = await make_event()
        double = await make_event("The Paper Lantern")
        await execute(
            "UPDATE events SET merged_into_id = :into WHERE id = :id", into=event.id, id=double.id
        )
        for name in (double.id, double.slug):
            answer = await api.get(f"/api/events/{name}")
            assert answer.status_code == 301
            assert answer.headers["location"] == f"/api/events/{event.slug}"

    @pytest.mark.parametrize(
        "name", ["nothing", "%00", UNKNOWN_ID, "1", "a%2Fb", "A", "x" * 300, "'--", "🎸"]
    )
    async def test_unknown_is_404(self, api: AsyncClient, name: str) -> None:
        assert (await api.get(f"/api/events/{name}")).status_code == 404


class TestListEvents:
    async def test_pages_soonest_first(self, api: AsyncClient) -> None:
        for day in (2, 0, 1, 1):
            await make_event(f"Day {day}", starts_local=EVENING + timedelta(days=day))
        await make_event("Day 1 too", starts_local=EVENING + timedelta(days=1))
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await api.get("/api/events", params={"limit": 1, "cursor": cursor})).json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["nextCursor"]
        assert seen == ["Day 0", "Day 1", "Day 1 too", "Day 2"]

    async def test_filters_by_words_city_category_and_days(self, api: AsyncClient) -> None:
        await make_event("The Paper Lanterns", city="Munich", category="concert")
        await make_event("Derby", city="London", category="sports", venue="Stadium")

        async def titles(**parameters: str) -> list[str]:
            page = (await api.get("/api/events", params=parameters)).json()
            return [item["title"] for item in page["items"]]

        day = f"{EVENING:%F}"
        after = f"{EVENING + timedelta(days=1):%F}"
        assert await titles(q="paper lant") == ["The Paper Lanterns"]
        assert await titles(q="papr lanterns") == ["The Paper Lanterns"]
        assert await titles(q="papr lanterns", city="London") == []
        assert await titles(city="münchen") == ["The Paper Lanterns"]
        assert await titles(city="Londres") == ["Derby"]
        assert await titles(category="sports") == ["Derby"]
        assert len(await titles(**{"from": day, "to": day})) == 2
        assert await titles(**{"from": after}) == []
        assert await titles(q="stadium", city="London", category="sports", to=after) == ["Derby"]

    async def test_leaves_out_what_is_over_cancelled_or_merged(self, api: AsyncClient) -> None:
        shown = await make_event("Shown")
        for title, change in (
            ("Over", "starts_at = now()"),
            ("Off", "status = 'cancelled'"),
            ("Double", f"merged_into_id = '{shown.id}'"),
        ):
            await make_event(title)
            await execute(f"UPDATE events SET {change} WHERE title = :title", title=title)
        page = (await api.get("/api/events")).json()
        assert [item["title"] for item in page["items"]] == ["Shown"]
        assert page["nextCursor"] is None

    @pytest.mark.parametrize("when", ["today", "weekend", "next_weekend", "month"])
    async def test_knows_days_by_name(self, api: AsyncClient, when: str) -> None:
        await make_event()
        answer = await api.get("/api/events", params={"when": when})
        assert (answer.status_code, answer.json()["items"]) == (200, [])

    @pytest.mark.parametrize(
        ("parameters", "field"),
        [
            ({"limit": "0"}, "limit"),
            ({"limit": "101"}, "limit"),
            ({"cursor": "nonsense"}, "cursor"),
            ({"cursor": UNKNOWN_ID}, "cursor"),
            ({"q": "x" * 101}, "q"),
            ({"category": "opera"}, "category"),
            ({"city": "x" * 121}, "city"),
            ({"when": "someday"}, "when"),
            ({"from": "2099-02-30"}, "from"),
            ({"from": "2099-05-02", "to": "2099-05-01"}, "to"),
        ],
    )
    async def test_bad_parameters_are_400(
        self, api: AsyncClient, parameters: dict[str, str], field: str
    ) -> None:
        answer = await api.get("/api/events", params=parameters)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field


class TestSuggestions:
    async def test_suggests_venues_and_cities(self, api: AsyncClient) -> None:
        event = await make_event(venue="Isarhalle", city="Munich")
        venues = (await api.get("/api/venues", params={"q": "isarhale"})).json()
        assert [venue["id"] for venue in venues["items"]] == [str(event.venue.id)]
        cities = (await api.get("/api/cities", params={"q": "münchen"})).json()
        assert cities["items"][0] == {
            "id": 2867714,
            "name": "Munich",
            "country": "DE",
            "region": None,
            "timezone": "Europe/Berlin",
            "latitude": pytest.approx(48.1374, abs=1e-4),
            "longitude": pytest.approx(11.5755, abs=1e-4),
        }

    @pytest.mark.parametrize("path", ["/api/venues", "/api/cities"])
    @pytest.mark.parametrize("q", ["", "\x00", "\ud800".encode("utf-8", "surrogatepass"), "%_\\'"])
    async def test_any_text_finds_nothing(self, api: AsyncClient, path: str, q: Any) -> None:  # noqa: ANN401  # text or bytes.
        answer = await api.get(path, params={"q": q})
        assert (answer.status_code, answer.json()) == (200, {"items": []})

    @pytest.mark.parametrize("path", ["/api/venues", "/api/cities"])
    async def test_long_text_is_400(self, api: AsyncClient, path: str) -> None:
        assert (await api.get(path, params={"q": "x" * 101})).status_code == 400

    @pytest.mark.parametrize("path", ["/api/venues", "/api/cities", "/api/events"])
    async def test_is_limited(
        self, api: AsyncClient, path: str, change_settings: Callable[..., None]
    ) -> None:
        change_settings(search_limit_per_address_per_minute=1)
        found = [(await api.get(path, params={"q": "por"})).status_code for _ in range(2)]
        assert found == [200, 429]
