"""Sentences and addresses of the home page and its search."""

from datetime import date

import pytest

from tests.ui import offers
from ticketing_app.tickets.schemas.search import EventHit, EventHits
from ticketing_app.ui.home.address import (
    Address,
    QuickFilter,
    filter_chips,
    list_href,
    near_city,
    read_address,
    read_query,
)
from ticketing_app.ui.home.views import correction_line, count_line, event_cards


class TestSearchAddress:
    def test_keeps_known_parameters_and_parses_prices(self) -> None:
        parameters = {
            "q": " lanterns ",
            "city": "",
            "maxPrice": "40,50",
            "minPrice": "x",
            "utm": "1",
        }
        assert read_query(parameters) == {"q": "lanterns", "maxPrice": "40.50", "minPrice": "x"}

    def test_omits_named_parameters(self) -> None:
        query = {"q": "a & b", "from": "2027-05-01", "to": "2027-05-02"}
        assert list_href(query, "from", "to") == "/?q=a+%26+b"
        assert list_href({}) == "/"

    @pytest.mark.parametrize(
        ("query", "labels"),
        [
            ({}, []),
            ({"q": "lanterns", "sort": "cheapest"}, []),
            ({"category": "other", "city": "Rome"}, ["Other event", "Rome"]),
            ({"when": "weekend", "available": "true"}, ["This weekend", "Only available"]),
            ({"available": "false"}, []),
            ({"from": "2027-05-01"}, ["From May 1, 2027"]),
            ({"to": "2027-05-01"}, ["Until May 1, 2027"]),
            ({"from": "2027-05-01", "to": "2027-05-01"}, ["May 1, 2027"]),
            ({"from": "2027-05-01", "to": "2027-05-03"}, ["May 1, 2027 to May 3, 2027"]),
            ({"minPrice": "20"}, ["$20 and more"]),
            ({"maxPrice": "20.50"}, ["Up to $20.50"]),
            ({"minPrice": "0", "maxPrice": "20"}, ["$0 to $20"]),
        ],
    )
    def test_chip_per_filter(self, query: dict[str, str], labels: list[str]) -> None:
        chips = filter_chips(query, "usd")
        assert [chip.label for chip in chips] == labels
        assert [chip.remove_label for chip in chips] == [f"Remove filter: {n}" for n in labels]

    def test_chip_removes_its_filter(self) -> None:
        query = {"q": "x", "city": "Rome", "minPrice": "1", "maxPrice": "2", "sort": "soonest"}
        assert [chip.href for chip in filter_chips(query, "usd")] == [
            "/?q=x&minPrice=1&maxPrice=2&sort=soonest",
            "/?q=x&city=Rome&sort=soonest",
        ]


class TestQuickFilters:
    def test_switch_on_and_off(self) -> None:
        quick = {each.label: each for each in Address(query={"q": "x", "when": "today"}).quick()}
        assert [label for label, each in quick.items() if each.is_on] == ["Tonight"]
        assert quick["Tonight"].href == "/?q=x"
        assert quick["This weekend"].href == "/?q=x&when=weekend"
        assert quick["Under $50"].href == "/?q=x&when=today&maxPrice=50"
        assert quick["2 together"].href == "/?q=x&when=today&together=2"

    def test_begin_with_the_city_of_the_reader(self) -> None:
        assert Address().quick("London")[0] == QuickFilter(
            "In London", "/?city=London", is_on=False
        )
        chosen = Address(query={"city": "Rome"})
        assert chosen.quick()[0] == QuickFilter("In Rome", "/", is_on=True)
        assert Address().quick()[0].label == "Tonight"

    @pytest.mark.parametrize(
        ("timezone", "city"),
        [("America/Sao_Paulo", "São Paulo"), ("Europe/Oslo", ""), ("UTC", ""), ("", "")],
    )
    def test_city_is_that_of_the_time_zone(self, timezone: str, city: str) -> None:
        assert near_city(timezone, ["London", "São Paulo"]) == city

    def test_days_replace_chosen_dates(self) -> None:
        query = {"from": "2027-05-01", "to": "2027-05-02"}
        quick = {each.label: each for each in Address("/search", query).quick()}
        assert quick["Next weekend"].href == "/search?when=next_weekend"
        assert quick["Concerts"].href == "/search?from=2027-05-01&to=2027-05-02&category=concert"


def test_address_of_other_pages_is_that_of_the_list() -> None:
    assert read_address("/search/", {"q": "x"}).href == "/search?q=x"
    assert read_address("/elsewhere", {"together": "1"}) == Address(
        "/", {}, {"together": "Together should be greater than or equal to 2."}
    )


@pytest.mark.parametrize(
    ("query", "is_live"), [({}, True), ({"maxPrice": "50"}, True), ({"minPrice": "40"}, False)]
)
def test_prices_change_live_unless_low_ones_are_left_out(
    query: dict[str, str], *, is_live: bool
) -> None:
    event = offers.event()
    hit = EventHit(event=event, offers=offers.summary(event))
    hits = EventHits(items=[hit], count=1, next_cursor=None)
    address = read_address("/", query)
    [card] = event_cards(hits, address, today=date(2097, 1, 1), seen_at=1)
    assert bool(card.live_id) is is_live


@pytest.mark.parametrize(
    ("events", "tickets", "line"),
    [
        (0, 0, "No tickets found"),
        (0, 1, "1 ticket"),
        (1, 0, "1 event"),
        (7, 2, "7 events and 2 tickets"),
        (100, 500, "100 events and 500 tickets"),
        (101, 501, "100+ events and 500+ tickets"),
    ],
)
def test_count_is_exact_up_to_limit(events: int, tickets: int, line: str) -> None:
    assert count_line(events, tickets) == line


def test_correction_line() -> None:
    line = correction_line("beyonse", "beyonce")
    assert line == "Nothing matches “beyonse”. Showing “beyonce” instead."
    assert correction_line("beyonce", None) == ""
