"""Sentences and values that the pages show of tickets."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ticketing_app.core import db
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import OwnershipStep, OwnershipStepRead, TicketRead
from ticketing_app.ui.tickets.views import (
    OwnershipLine,
    TicketDetail,
    TicketStub,
    correction_line,
    count_line,
    filter_chips,
    list_href,
    read_query,
)

SELLER, HOLDER, STRANGER = db.new_id(), db.new_id(), db.new_id()


def ticket(**changes: Any) -> TicketRead:  # noqa: ANN401  # any field
    facts: dict[str, Any] = dict.fromkeys(TicketRead.model_fields)
    facts |= {
        "id": db.new_id(),
        "title": "The Paper Lanterns",
        "price_cents": 4000,
        "currency": "usd",
        "status": Availability.AVAILABLE,
        "seller_id": SELLER,
        "version": 1,
        "created_at": datetime(2027, 1, 1, tzinfo=UTC),
    }
    return TicketRead(**(facts | changes))


class TestTicketStub:
    def test_shows_the_start_in_the_time_of_the_event(self) -> None:
        stub = TicketStub.from_ticket(
            ticket(starts_at=datetime(2027, 2, 5, 23, 30, tzinfo=UTC), timezone="Europe/Berlin")
        )
        assert (stub.month, stub.day, stub.weekday) == ("Feb", "6", "Sat")
        assert stub.when == "Sat, Feb 6, 2027, 12:30\u202fAM"

    def test_says_that_there_is_no_date(self) -> None:
        stub = TicketStub.from_ticket(ticket())
        assert (stub.month, stub.day, stub.when) == ("Date", "TBA", "")

    @pytest.mark.parametrize(
        ("facts", "place", "seat"),
        [
            ({}, "", ""),
            ({"city": "Hamburg"}, "Hamburg", ""),
            ({"venue": "Harbour Hall", "city": "Hamburg"}, "Harbour Hall, Hamburg", ""),
            ({"section": "A", "row": "12", "seat": "7"}, "", "Section A · Row 12 · Seat 7"),
            ({"row": "12"}, "", "Row 12"),
        ],
    )
    def test_tells_place_and_seat_as_far_as_known(
        self, facts: dict[str, str], place: str, seat: str
    ) -> None:
        stub = TicketStub.from_ticket(ticket(**facts))
        assert (stub.place, stub.seat) == (place, seat)

    def test_names_price_status_and_category(self) -> None:
        stub = TicketStub.from_ticket(ticket(price_cents=4050, status=Availability.LOCKED))
        assert (stub.price, stub.status, stub.status_label) == ("$40.50", "locked", "Locked")
        assert (stub.category, stub.category_label) == ("other", "Other event")


class TestTicketDetail:
    def test_uses_the_words_of_the_product(self) -> None:
        shown = TicketDetail.from_ticket_for(ticket(), None)
        assert shown.price_line == "Price - $40"
        assert shown.status_line == "Status - Available"
        assert (shown.can_buy, shown.can_change, shown.locked_until) == (True, False, "")

    def test_tells_the_face_value(self) -> None:
        shown = TicketDetail.from_ticket_for(ticket(face_value_cents=4500), None)
        assert shown.face_value_line == "Face value $45"

    @pytest.mark.parametrize("status", [s for s in Availability if s is not Availability.AVAILABLE])
    def test_tells_a_stranger_why_it_cannot_be_bought(self, status: Availability) -> None:
        shown = TicketDetail.from_ticket_for(ticket(status=status), STRANGER)
        assert shown.reason
        assert (shown.can_buy, shown.can_change) == (False, False)
        assert shown.can_wait == (status is Availability.LOCKED)
        assert (shown.variant, shown.badge_label) == (shown.status, shown.status_label)
        assert shown.my_order_href == ""

    @pytest.mark.parametrize("status", list(Availability))
    def test_tells_the_seller_how_it_stands(self, status: Availability) -> None:
        shown = TicketDetail.from_ticket_for(ticket(status=status, order_id=db.new_id()), SELLER)
        assert shown.reason
        assert shown.can_change == (status is Availability.AVAILABLE)
        assert not shown.can_wait
        assert not shown.can_buy
        assert shown.my_order_href == ""

    @pytest.mark.parametrize(
        ("status", "reason", "look"),
        [
            (Availability.LOCKED, "You hold this ticket.", ("yours", "Yours")),
            (Availability.SOLD, "You bought it.", ("sold", "Sold")),
        ],
    )
    def test_leads_the_holder_to_the_order(
        self, status: Availability, reason: str, look: tuple[str, str]
    ) -> None:
        order_id = db.new_id()
        shown = TicketDetail.from_ticket_for(ticket(status=status, order_id=order_id), HOLDER)
        assert (shown.variant, shown.badge_label) == look
        assert shown.my_order_href == f"/orders/{order_id}"
        assert shown.reason == reason

    @pytest.mark.parametrize("viewer", [SELLER, STRANGER])
    def test_nobody_buys_once_the_event_has_begun(self, viewer: UUID) -> None:
        begun = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "timezone": "UTC"}
        shown = TicketDetail.from_ticket_for(ticket(**begun), viewer)
        assert (shown.status, shown.status_line) == ("over", "Status - Off sale")
        assert "The event has begun" in shown.reason
        assert (shown.can_buy, shown.can_change) == (False, viewer == SELLER)
        sold = TicketDetail.from_ticket_for(ticket(**begun, status=Availability.SOLD), viewer)
        assert sold.status_line == "Status - Sold"

    def test_tells_when_it_may_come_back(self) -> None:
        until = datetime(2027, 1, 1, 12, tzinfo=UTC)
        shown = TicketDetail.from_ticket_for(
            ticket(status=Availability.LOCKED, locked_until=until), None
        )
        assert datetime.fromisoformat(shown.locked_until) == until
        assert datetime.fromisoformat(shown.now).tzinfo is not None


class TestAddressOfTheList:
    def test_keeps_what_is_known_and_reads_prices_as_people_write_them(self) -> None:
        parameters = {
            "q": " lanterns ",
            "city": "",
            "maxPrice": "40,50",
            "minPrice": "x",
            "utm": "1",
        }
        assert read_query(parameters) == {"q": "lanterns", "maxPrice": "40.50", "minPrice": "x"}

    def test_leaves_out_what_is_not_wanted(self) -> None:
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
    def test_has_a_chip_for_each_filter(self, query: dict[str, str], labels: list[str]) -> None:
        chips = filter_chips(query, "usd")
        assert [chip.label for chip in chips] == labels
        assert [chip.remove_label for chip in chips] == [f"Remove filter: {n}" for n in labels]

    def test_a_chip_leads_to_the_list_without_it(self) -> None:
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
def test_the_count_is_exact_up_to_its_limit(count: int, line: str) -> None:
    assert count_line(count) == line


def test_a_correction_is_told() -> None:
    line = correction_line("beyonse", "beyonce")
    assert line == "Nothing matches “beyonse”. Showing “beyonce” instead."
    assert correction_line("beyonce", None) == ""


class TestOwnershipLine:
    @pytest.mark.parametrize("step", list(OwnershipStep))
    def test_says_whether_it_was_the_reader(self, step: OwnershipStep) -> None:
        at = datetime(2027, 11, 3, 20, tzinfo=UTC)
        own, other = (
            OwnershipLine.from_step(OwnershipStepRead(step=step, at=at, is_mine=is_mine), at)
            for is_mine in (True, False)
        )
        assert own.text.endswith("by you")
        assert "you" not in other.text
        assert own.day == other.day == "Nov 3, 2027"

    def test_leaves_out_a_day_that_nobody_knows(self) -> None:
        step = OwnershipStepRead(step=OwnershipStep.BOUGHT, at=None, is_mine=False)
        assert OwnershipLine.from_step(step, datetime.now(UTC)) == OwnershipLine("Bought", "")
