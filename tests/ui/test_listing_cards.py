"""Cards, rows and sums of My Listings."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.ui.listings import NOW, listing, seat
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.rules import Availability, DeliveryMethod, Split
from ticketing_app.tickets.schemas.deliveries import DeliveryRead
from ticketing_app.tickets.schemas.listings import OwnCounts
from ticketing_app.ui.listings.cards import (
    GIVEN_BACK,
    TWICE,
    ListingCard,
    attached_line,
    sums_line,
)
from ticketing_app.ui.listings.queries import Sums
from ticketing_app.vault.schemas import FileRead

SignIn = Callable[[UserRead], Awaitable[str]]


class TestListingCard:
    @pytest.mark.parametrize(
        ("status", "changes", "label", "note", "can_change"),
        [
            (Availability.AVAILABLE, {}, "For sale", "Listed Nov 3, 2027", True),
            (Availability.LOCKED, {"is_held": True}, "Being bought", "Listed Nov 3, 2027", False),
            (
                Availability.PAUSED,
                {"is_held": True},
                "Paused",
                "Listed Nov 3, 2027. Somebody may still pay for it.",
                False,
            ),
            (Availability.WITHDRAWN, {}, "Withdrawn", "Listed Nov 3, 2027", False),
            (Availability.SOLD, {"sold_at": NOW}, "Sold", "Sold Nov 3, 2027 for $40", False),
            (Availability.SOLD, {}, "Sold", "Sold for $40", False),
        ],
    )
    def test_describes_status(
        self,
        status: Availability,
        changes: dict[str, Any],
        label: str,
        note: str,
        can_change: bool,  # noqa: FBT001  # a column of the table above.
    ) -> None:
        card = ListingCard.from_listing(listing(seat(status=status, **changes)), NOW)
        (row,) = card.seats
        assert (row.state_label, row.note) == (label, note)
        assert (card.can_change, row.can_withdraw) == (can_change, can_change)
        assert (card.edit_href != "", row.resale_href) == (can_change, "")

    def test_describes_event_that_began(self) -> None:
        begun = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "timezone": "UTC"}
        card = ListingCard.from_listing(listing(**begun), NOW)
        (row,) = card.seats
        assert (row.state_label, row.status) == ("Off sale", "over")
        assert row.note == "Listed Nov 3, 2027. Nobody bought it before the event began."

    def test_describes_tickets_that_would_come_too_late(self) -> None:
        delivery = DeliveryRead(
            method=DeliveryMethod.TRANSFER, sellable_until=datetime(2026, 1, 1, tzinfo=UTC)
        )
        card = ListingCard.from_listing(listing(delivery=delivery), NOW)
        (row,) = card.seats
        assert (row.state_label, card.count_line) == ("Off sale", "")
        assert row.note == "Listed Nov 3, 2027. It cannot come in time any more."

    def test_describes_refunded_sale(self) -> None:
        sold = seat(status=Availability.SOLD, sold_at=NOW)
        (row,) = ListingCard.from_listing(listing(sold), NOW, {sold.ticket_id}).seats
        assert (row.note, row.resale_href) == (
            GIVEN_BACK,
            f"/tickets/new?previous={sold.ticket_id}",
        )

    def test_shows_place_and_seat(self) -> None:
        card = ListingCard.from_listing(listing(seat(seat="7", row="B"), city="Porto"), NOW)
        assert (card.place, card.seats[0].label) == ("Porto", "Row B · Seat 7")
        assert ListingCard.from_listing(listing(), NOW).seats[0].label == "No seat number"

    def test_counts_several_seats(self) -> None:
        assert ListingCard.from_listing(listing(), NOW).count_line == ""
        sold = seat(status=Availability.SOLD, price_cents=3000)
        card = ListingCard.from_listing(listing(seat(), seat(), sold), NOW)
        assert card.count_line == "2 of 3 for sale"
        # A sold ticket keeps its price.
        assert card.seats[2].note == "Sold for $30"

    def test_cannot_change_while_one_seat_is_held(self) -> None:
        held = seat(status=Availability.LOCKED, is_held=True)
        card = ListingCard.from_listing(listing(seat(), held), NOW)
        assert (card.can_change, card.edit_href) == (False, "")
        assert [row.can_withdraw for row in card.seats] == [True, False]

    def test_tells_that_a_seat_is_listed_twice(self) -> None:
        assert ListingCard.from_listing(listing(is_listed_twice=True), NOW).twice_line == TWICE
        assert ListingCard.from_listing(listing(), NOW).twice_line == ""

    def test_leads_to_the_event(self) -> None:
        card = ListingCard.from_listing(listing(), NOW, slug="kites")
        assert card.href == "/events/kites"
        first = listing()
        loose = ListingCard.from_listing(first, NOW)
        assert loose.href == f"/tickets/{first.seats[0].ticket_id}"

    def test_describes_pause(self) -> None:
        paused = seat(status=Availability.PAUSED)
        card = ListingCard.from_listing(
            listing(paused, paused, listing_id=db.new_id(), split=Split.TOGETHER), NOW
        )
        assert (card.is_paused, card.can_pause, card.can_change) == (True, True, True)
        assert (card.pause_label, card.count_line) == ("Resume Kites", "2 of 2 paused")
        assert card.rule_line == "Sold both together"
        assert [row.can_withdraw for row in card.seats] == [False, False]

    def test_offers_a_pause_while_a_seat_is_held(self) -> None:
        held = seat(status=Availability.LOCKED, is_held=True)
        card = ListingCard.from_listing(listing(seat(), held, listing_id=db.new_id()), NOW)
        assert (card.can_pause, card.is_paused, card.pause_label) == (True, False, "Pause Kites")

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"listing_id": db.new_id(), "quantity": 0},
            {"listing_id": db.new_id(), "starts_at": datetime(2026, 1, 1, tzinfo=UTC)},
        ],
        ids=["loose", "sold", "over"],
    )
    def test_offers_no_pause(self, changes: dict[str, Any]) -> None:
        assert not ListingCard.from_listing(listing(**changes), NOW).can_pause

    def test_sums(self) -> None:
        counts = OwnCounts(for_sale=2, held=1, paused=0)
        assert sums_line(Sums(counts, {"usd": 12_000})) == "2 for sale · 1 being bought · $120 sold"
        assert sums_line(Sums(counts, None)) == "2 for sale · 1 being bought"
        assert sums_line(Sums(OwnCounts(for_sale=0, held=0, paused=3), {})) == "3 paused"


def test_card_says_which_files_are_attached() -> None:
    first, second = UUID(int=1), UUID(int=2)
    delivery = DeliveryRead(method=DeliveryMethod.FILE, code_count=1, file_ids=[first, second])
    file = FileRead.model_construct(kind="application/pdf", code_count=1)
    files = {first: file, second: file}
    listed = listing(delivery=delivery)
    assert attached_line(listed, files) == "2 \N{MULTIPLICATION SIGN} PDF, 1 barcode"
    assert attached_line(listing(), files) == ""
