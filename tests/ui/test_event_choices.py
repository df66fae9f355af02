"""Number of tickets, section and sort order in the address of an event."""

import pytest

from tests.ui import offers
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.listings import OfferRead
from ticketing_app.ui.events.cards import EventCard
from ticketing_app.ui.events.choices import (
    Choices,
    Wanted,
    choices,
    choose,
    link_cards,
    read_quantity,
    read_wanted,
)

HREF = "/events/velvet"
OPEN, LOCKED = Availability.AVAILABLE, Availability.LOCKED

stalls = offers.offer(offers.seat(section="Stalls"), price=68)
balcony = offers.offer(offers.seat(section="Balcony"), price=90)
standing = offers.offer(offers.seat(section=None), price=30)
pair = offers.listing(*offers.row_of_seats(OPEN, OPEN), price=80, split=Split.TOGETHER)
ALL = (stalls, balcony, standing)


def shown(found: tuple[OfferRead, ...] = ALL, **wanted: object) -> Choices:
    return choices(found, HREF, Wanted(**wanted))  # type: ignore[arg-type]


class TestWanted:
    def test_sorts_by_price(self) -> None:
        assert choose(ALL, read_wanted({}, ALL)) == [standing, stalls, balcony]

    def test_sorts_by_section(self) -> None:
        wanted = read_wanted({"sort": "section"}, ALL)
        assert choose(ALL, wanted) == [standing, balcony, stalls]

    def test_filters_by_section(self) -> None:
        wanted = read_wanted({"section": "Balcony", "quantity": "2"}, ALL)
        assert (choose(ALL, wanted), wanted.quantity) == ([balcony], 2)

    def test_ignores_unknown_values(self) -> None:
        parameters = {"section": "Moon", "sort": "<script>", "quantity": "<b>"}
        assert read_wanted(parameters, ALL) == Wanted()

    @pytest.mark.parametrize(
        ("text", "quantity"),
        [("1", 1), ("10", 10), ("any", 0), ("0", None), ("11", None), ("-1", None), ("²", None)],
    )
    def test_reads_a_number(self, text: str, quantity: int | None) -> None:
        assert read_quantity(text) == quantity

    def test_remembers_a_number_without_one_in_the_address(self) -> None:
        assert read_wanted({}, ALL, remembered=2).quantity == 2
        assert read_wanted({"quantity": "any"}, ALL, remembered=2).quantity == 0
        assert read_wanted({"quantity": "3"}, ALL, remembered=2).quantity == 3


class TestLinks:
    def test_keep_the_other_choices(self) -> None:
        found = shown(quantity=2, section="Balcony", sort="section")
        assert [(link.label, link.href, link.is_current) for link in found.sections] == [
            ("All", f"{HREF}?quantity=2&sort=section", False),
            ("Balcony", f"{HREF}?quantity=2&section=Balcony&sort=section", True),
            ("Stalls", f"{HREF}?quantity=2&section=Stalls&sort=section", False),
        ]
        assert [link.href for link in found.sorts] == [
            f"{HREF}?quantity=2&section=Balcony",
            f"{HREF}?quantity=2&section=Balcony&sort=section",
        ]
        assert found.numbers[0].href == f"{HREF}?section=Balcony&sort=section&quantity=any"
        assert found.numbers[3].href == f"{HREF}?quantity=3&section=Balcony&sort=section"

    def test_numbers_up_to_four_are_always_there(self) -> None:
        found = shown((stalls, pair))
        assert [(link.label, link.is_possible) for link in found.numbers] == [
            ("Any", True),
            ("1", True),
            ("2", True),
            ("3", False),
            ("4", False),
        ]
        assert [link.is_current for link in found.numbers] == [True, *[False] * 4]

    def test_higher_numbers_as_far_as_they_exist(self) -> None:
        group = offers.listing(*offers.row_of_seats(*[OPEN] * 6), split=Split.NO_SINGLE)
        labels = [link.label for link in shown((group,), quantity=9).numbers]
        assert labels == ["Any", "1", "2", "3", "4", "6", "9"]

    def test_one_section_is_no_choice(self) -> None:
        found = shown((stalls,))
        assert (found.has_sections, found.has_sorts, found.has_numbers) == (False, False, True)

    def test_without_offers_there_is_nothing_to_choose(self) -> None:
        assert shown(()) == Choices()

    def test_other_dates_keep_the_number(self) -> None:
        card = EventCard(href=HREF)
        assert [link.href for link in link_cards([card], 2)] == [f"{HREF}?quantity=2"]
        assert link_cards([card], 0) == [card]


class TestNothingFits:
    def test_offers_the_nearest_number(self) -> None:
        found = shown((stalls, pair), quantity=3)
        assert found.nothing == "No 3 together right now."
        assert [(link.label, link.href) for link in found.instead] == [
            ("2 together from $80 each", f"{HREF}?quantity=2")
        ]

    def test_offers_more_if_there_is_nothing_less(self) -> None:
        found = shown((pair,), quantity=1)
        assert found.nothing == "No single ticket right now."
        assert [link.label for link in found.instead] == ["2 together from $80 each"]

    def test_offers_other_sections(self) -> None:
        found = shown((balcony, pair), quantity=2, section="Balcony")
        assert found.nothing == "No 2 together in Balcony right now."
        assert [link.label for link in found.instead] == [
            "2 together in all sections from $80 each",
            "1 ticket from $90",
        ]

    def test_tickets_apart_are_not_together(self) -> None:
        apart = offers.listing(*offers.row_of_seats(OPEN, OPEN), is_side_by_side=False)
        (link,) = shown((apart,), quantity=3).instead
        assert link.label == "2 tickets from $68 each"

    def test_all_locked(self) -> None:
        held = offers.listing(*offers.row_of_seats(LOCKED, LOCKED))
        found = shown((held,), quantity=2)
        assert (found.nothing, found.instead) == ("No 2 together right now.", ())

    def test_something_fits(self) -> None:
        assert shown((pair,), quantity=2).nothing == ""
