"""Sentences and values that the pages show of tickets."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ticketing_app.core import db
from ticketing_app.orders.schemas import ChainRead, OwnershipStep, OwnershipStepRead
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.ui.tickets.views import (
    OwnershipLine,
    TicketDetail,
    TicketStub,
    chain_line,
)

SELLER = db.new_id()
HOLDER = db.new_id()
STRANGER = db.new_id()


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
        "available": 1,
        "quantity": 1,
        "created_at": datetime(2027, 1, 1, tzinfo=UTC),
    }
    return TicketRead(**(facts | changes))


class TestTicketStub:
    def test_start_is_local_to_event(self) -> None:
        stub = TicketStub.from_ticket(
            ticket(starts_at=datetime(2027, 2, 5, 23, 30, tzinfo=UTC), timezone="Europe/Berlin")
        )
        assert (stub.month, stub.day, stub.weekday) == ("Feb", "6", "Sat")
        assert stub.when == "Sat, Feb 6, 2027, 12:30\u202fAM"

    def test_missing_date(self) -> None:
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
    def test_shows_known_place_and_seat(self, facts: dict[str, str], place: str, seat: str) -> None:
        stub = TicketStub.from_ticket(ticket(**facts))
        assert (stub.place, stub.seat) == (place, seat)

    def test_shows_price_status_and_category(self) -> None:
        stub = TicketStub.from_ticket(ticket(price_cents=4050, status=Availability.LOCKED))
        assert (stub.price, stub.status, stub.status_label) == ("$40.50", "locked", "Locked")
        assert (stub.category, stub.category_label) == ("other", "Other event")


class TestTicketDetail:
    def test_price_and_status_lines(self) -> None:
        shown = TicketDetail.from_ticket_for(ticket(), None)
        assert shown.price_line == "Price - $40"
        assert shown.status_line == "Status - Available"
        assert (shown.can_buy, shown.can_change, shown.locked_until) == (True, False, "")

    @pytest.mark.parametrize(
        ("face_value", "line"),
        [
            (4500, "11% below the face value of $45"),
            (3200, "25% above the face value of $32"),
            (4000, "Face value $40"),
            (None, ""),
        ],
    )
    def test_compares_with_face_value(self, face_value: int | None, line: str) -> None:
        shown = TicketDetail.from_ticket_for(ticket(face_value_cents=face_value), None)
        assert shown.face_value_line == line

    @pytest.mark.parametrize("status", [s for s in Availability if s is not Availability.AVAILABLE])
    def test_reason_for_visitors(self, status: Availability) -> None:
        shown = TicketDetail.from_ticket_for(ticket(status=status), STRANGER)
        assert shown.reason
        assert (shown.can_buy, shown.can_change) == (False, False)
        assert shown.can_wait == (status is Availability.LOCKED)
        assert (shown.variant, shown.badge_label) == (shown.status, shown.status_label)
        assert shown.my_order_href == ""

    @pytest.mark.parametrize("status", list(Availability))
    def test_reason_for_seller(self, status: Availability) -> None:
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
    def test_links_holder_to_order(
        self, status: Availability, reason: str, look: tuple[str, str]
    ) -> None:
        order_id = db.new_id()
        shown = TicketDetail.from_ticket_for(ticket(status=status, order_id=order_id), HOLDER)
        assert (shown.variant, shown.badge_label) == look
        assert shown.my_order_href == f"/orders/{order_id}"
        assert shown.reason == reason

    @pytest.mark.parametrize("viewer", [SELLER, STRANGER])
    def test_not_for_sale_after_event_began(self, viewer: UUID) -> None:
        begun = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "timezone": "UTC"}
        shown = TicketDetail.from_ticket_for(ticket(**begun), viewer)
        assert (shown.status, shown.status_line) == ("over", "Status - Off sale")
        assert "The event has begun" in shown.reason
        assert (shown.can_buy, shown.can_change) == (False, viewer == SELLER)
        sold = TicketDetail.from_ticket_for(ticket(**begun, status=Availability.SOLD), viewer)
        assert sold.status_line == "Status - Sold"

    def test_shows_end_of_lock(self) -> None:
        until = datetime(2027, 1, 1, 12, tzinfo=UTC)
        shown = TicketDetail.from_ticket_for(
            ticket(status=Availability.LOCKED, locked_until=until), None
        )
        assert datetime.fromisoformat(shown.locked_until) == until
        assert datetime.fromisoformat(shown.now).tzinfo is not None


class TestOwnershipLine:
    @pytest.mark.parametrize("step", [step for step in OwnershipStep if step != "opened"])
    def test_marks_steps_of_viewer(self, step: OwnershipStep) -> None:
        at = datetime(2027, 11, 3, 20, tzinfo=UTC)
        own, other = (
            OwnershipLine.from_step(OwnershipStepRead(step=step, at=at, is_mine=is_mine), at)
            for is_mine in (True, False)
        )
        assert own.text.endswith(("by you", "to you"))
        assert "you" not in other.text
        assert own.day == other.day == "Nov 3, 2027"

    @pytest.mark.parametrize(
        ("owners", "opened", "is_sealed", "line"),
        [
            (1, False, True, ""),
            (3, False, True, "3 owners, never opened"),
            (2, True, False, "2 owners, opened on Nov 3, 2027"),
            (2, False, False, "2 owners"),
        ],
    )
    def test_says_it_in_short(
        self, owners: int, line: str, *, opened: bool, is_sealed: bool
    ) -> None:
        at = datetime(2027, 11, 3, 20, tzinfo=UTC)
        chain = ChainRead(
            owners=owners, is_sealed=is_sealed, opened_at=at if opened else None, steps=[]
        )
        assert chain_line(chain, at) == line

    def test_omits_unknown_day(self) -> None:
        step = OwnershipStepRead(step=OwnershipStep.BOUGHT, at=None, is_mine=False)
        assert OwnershipLine.from_step(step, datetime.now(UTC)) == OwnershipLine("Bought", "")
