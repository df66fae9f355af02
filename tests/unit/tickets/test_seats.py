"""The seats field of the form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing_app.tickets import rules
from ticketing_app.tickets.rules import MAX_SEATS, Place, UnclearSeatsError, parse_seats

SEPARATORS = (", ", ",", " ", "/", ";", " and ", " & ", "&", " + ", "\n")
DASHES = ("-", "\u2013", " - ", "\u2014", " to ")


class TestParseSeats:
    @pytest.mark.parametrize(
        "text",
        [
            "5-6",
            "5 and 6",
            "5/6",
            "5;6",
            "5 6",
            "5, 6",
            "5\u20136",
            "seat 5 & 6",
            "Seats 5-6",
            "5 to 6",
            "#5, #6",
        ],
    )
    def test_reads_two_seats(self, text: str) -> None:
        assert parse_seats(text) == parse_seats(text, count=2) == ["5", "6"]

    @pytest.mark.parametrize(
        ("text", "seats"),
        [
            ("A5-A8", ["A5", "A6", "A7", "A8"]),
            ("A5-8", ["A5", "A6", "A7", "A8"]),
            ("09-10", ["09", "10"]),
            ("5-6, 8", ["5", "6", "8"]),
            ("7", ["7"]),
            ("12B", ["12B"]),
            ("B-12", ["B-12"]),
            ("\uff15", ["5"]),
            ("Standing", ["Standing"]),
            ("seat 5", ["5"]),
        ],
    )
    def test_reads_names(self, text: str, seats: list[str]) -> None:
        assert parse_seats(text) == seats

    @pytest.mark.parametrize("text", ["", "  ", "2", "2 tickets", "2x", "2 seats"])
    def test_bare_count_means_seats_without_numbers(self, text: str) -> None:
        assert parse_seats(text, count=2) == [None, None]

    def test_empty_means_one_seat_without_a_count(self) -> None:
        assert parse_seats("") == [None]
        assert parse_seats("1", count=1) == ["1"]
        assert parse_seats("3 tickets") == [None] * 3

    @pytest.mark.parametrize(
        ("text", "count", "words"),
        [
            ("5-60", None, "5-60 would be 56 seats"),
            ("12-11", None, "lower seat of 12-11 first"),
            ("A5-B6", None, "different blocks"),
            ("5, 5", None, "Seat 5 is there twice"),
            ("5 to the left", None, "could not read"),
            ("both", None, "could not read"),
            ("1-2-3", None, "could not read"),
            ("1 2 3 4 5 6 7 8 9 10 11", None, "11 seats"),
            ("5, 6", 3, "You sell 3 tickets, but named 2 seats: 5, 6."),
            ("5, 6", 1, "You sell 1 ticket, but named 2 seats: 5, 6."),
            ("2 tickets", 3, "named 2 seats"),
            ("0 tickets", None, "0 seats"),
            ("and", None, "0 seats"),
            ("99 tickets", None, "99 seats"),
        ],
    )
    def test_explains_unclear_text(self, text: str, count: int | None, words: str) -> None:
        with pytest.raises(UnclearSeatsError, match=words):
            parse_seats(text, count=count)

    @given(st.text(max_size=40), st.none() | st.integers(1, MAX_SEATS))
    def test_returns_the_chosen_number_or_refuses(self, text: str, count: int | None) -> None:
        try:
            seats = parse_seats(text, count=count)
        except UnclearSeatsError:
            return
        assert 1 <= len(seats) <= MAX_SEATS
        assert count in {None, len(seats)}

    @given(
        st.lists(st.integers(1, 999), min_size=2, max_size=MAX_SEATS, unique=True),
        st.sampled_from(SEPARATORS),
    )
    def test_reads_each_seat_of_a_list(self, numbers: list[int], separator: str) -> None:
        assert parse_seats(separator.join(map(str, numbers))) == [*map(str, numbers)]

    @given(
        st.sampled_from(("", "A", "BB")),
        st.integers(1, 999),
        st.integers(1, MAX_SEATS - 1),
        st.sampled_from(DASHES),
    )
    def test_never_takes_a_range_for_one_seat(
        self, block: str, first: int, more: int, dash: str
    ) -> None:
        seats = parse_seats(f"{block}{first}{dash}{block}{first + more}")
        assert seats == [f"{block}{number}" for number in range(first, first + more + 1)]


@pytest.mark.parametrize(
    ("name", "is_several"),
    [
        ("5-6", True),
        ("5 and 6", True),
        ("A5-A8", True),
        ("2 tickets", True),
        ("5", False),
        ("A 5", False),
        ("B-12", False),
        ("Box, left", False),
    ],
)
def test_names_several(name: str, is_several: bool) -> None:  # noqa: FBT001  # as in the table above.
    assert rules.names_several(name) is is_several


class TestSeatOrder:
    def test_sorts_numbers_by_value(self) -> None:
        places = [Place("B", "2", seat) for seat in ("10", "9", "A1")] + [Place("A", None, None)]
        places.sort(key=rules.seat_order)
        assert [place.seat for place in places] == [None, "A1", "9", "10"]


def test_describes_a_seat() -> None:
    assert rules.describe_seat("B", None, "7") == "Section B, seat 7"


def test_finds_repeated_seats_only() -> None:
    twice = Place("B", "f", "5")
    assert rules.find_repeated([Place("b", "F", "5"), twice]) == twice
    assert rules.find_repeated([Place("B", "F", None)] * 2) is None
