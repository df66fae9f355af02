"""Sentences and addresses of the home page and its search."""

import pytest

from ticketing_app.ui.home.views import (
    correction_line,
    count_line,
    filter_chips,
    list_href,
    read_query,
)


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


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (0, "No tickets found"),
        (1, "1 ticket"),
        (128, "128 tickets"),
        (1000, "1,000 tickets"),
        (1001, "1,000+ tickets"),
    ],
)
def test_count_is_exact_up_to_limit(count: int, line: str) -> None:
    assert count_line(count) == line


def test_correction_line() -> None:
    line = correction_line("beyonse", "beyonce")
    assert line == "Nothing matches “beyonse”. Showing “beyonce” instead."
    assert correction_line("beyonce", None) == ""
