"""Rows of the event page: the tickets that Purchase would hold, with price, total and status."""

import pytest

from tests.ui import offers
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.listings import OfferRead, OfferSeat
from ticketing_app.ui.events.offers import (
    OfferRow,
    describe_place,
    offer_row,
    offer_rows,
)

TO = "\N{EN DASH}"
OPEN, LOCKED, PAUSED = Availability.AVAILABLE, Availability.LOCKED, Availability.PAUSED


def row(offer: OfferRead, quantity: int = 0, viewer: object = None) -> OfferRow:
    found = offer_row(offer, viewer, utc_now(), quantity)
    assert found is not None
    return found


def single(*seats: OfferSeat, viewer: object = None, **fields: object) -> OfferRow:
    return row(offers.offer(*seats, **fields), viewer=viewer)  # type: ignore[arg-type]


def four(*statuses: Availability, **fields: object) -> OfferRead:
    return offers.listing(*offers.row_of_seats(*statuses), **fields)  # type: ignore[arg-type]


class TestSingleTicket:
    def test_names_seat_and_price(self) -> None:
        shown = single(price=42)
        assert (shown.price, shown.price_note, shown.place) == (
            "$42",
            "",
            "Stalls · Row F · Seat 12",
        )
        assert shown.href.startswith("/tickets/")
        assert shown.description == "Purchase, Stalls · Row F · Seat 12, $42"

    def test_is_bought_by_its_ticket(self) -> None:
        seat = offers.seat()
        shown = single(seat)
        assert (shown.ticket_id, shown.listing_id, shown.quantity) == (str(seat.ticket_id), "", "1")
        assert (shown.is_alone, shown.tickets, shown.needed) == (
            True,
            ((str(seat.ticket_id), 1),),
            1,
        )

    def test_without_a_seat_is_any_place(self) -> None:
        assert single(offers.seat(section=None, row=None, seat=None)).place == "Any place"

    def test_shows_a_hold_of_another_buyer(self) -> None:
        shown = single(offers.held_seat(), quantities=[])
        assert (shown.status, shown.status_label) == ("locked", "Being bought")
        assert shown.locked_until
        assert shown.now

    def test_payment_being_confirmed_has_no_end(self) -> None:
        shown = single(offers.seat(status=LOCKED), quantities=[])
        assert (shown.status, shown.locked_until) == ("locked", "")

    def test_leads_to_the_order_of_the_viewer(self) -> None:
        order_id = new_id()
        shown = single(offers.held_seat(order_id=order_id), viewer=offers.VIEWER, quantities=[])
        assert (shown.status, shown.status_label) == ("yours", "Yours")
        assert shown.href == f"/orders/{order_id}"

    def test_hides_the_order_and_the_purchase_from_the_seller(self) -> None:
        shown = single(
            offers.held_seat(order_id=new_id()),
            viewer=offers.VIEWER,
            seller_id=offers.VIEWER,
            quantities=[],
        )
        assert (shown.own, shown.status, shown.can_buy) == ("Yours, for sale", "locked", False)

    def test_warns_of_a_seat_listed_twice(self) -> None:
        assert single(is_listed_twice=True).doubt == "Listed twice, not checked"
        assert single().doubt == ""

    def test_is_not_shown_for_two(self) -> None:
        assert offer_row(offers.offer(), None, utc_now(), 2) is None


class TestChosenNumber:
    def test_shows_the_seats_that_the_hold_takes(self) -> None:
        shown = row(four(OPEN, OPEN, OPEN, OPEN), 2)
        assert (shown.place, shown.notes) == (f"Stalls · Row F · 12{TO}13", "2 together")
        assert (shown.price, shown.price_note, shown.quantity) == ("$136", "$68 each", "2")
        assert shown.description == f"Purchase 2 tickets, Stalls · Row F · 12{TO}13, $136"
        assert shown.numbers == ()
        # It can be bought as long as any two are available.
        assert (len(shown.tickets), shown.needed, shown.is_alone) == (4, 2, False)

    def test_takes_the_run_that_leaves_none_alone(self) -> None:
        assert row(four(OPEN, LOCKED, OPEN, OPEN), 2).place == f"Stalls · Row F · 14{TO}15"

    def test_seats_that_are_apart_are_not_together(self) -> None:
        seats = [offers.seat(seat=str(number), position=number) for number in (3, 9)]
        shown = row(offers.listing(*seats, is_side_by_side=False), 2)
        assert (shown.place, shown.notes) == ("Stalls · Row F · 3, 9", "2 tickets")
        neighbours = offers.listing(*offers.row_of_seats(OPEN, OPEN), is_side_by_side=False)
        assert row(neighbours, 2).notes == "2 tickets"

    def test_locked_tickets_may_come_back(self) -> None:
        shown = row(four(OPEN, LOCKED), 2)
        assert (shown.status, shown.place, shown.price) == (
            "locked",
            f"Stalls · Row F · 12{TO}13",
            "$136",
        )
        assert shown.locked_until
        assert (len(shown.tickets), shown.needed) == (1, 1)

    @pytest.mark.parametrize(
        ("statuses", "split", "quantity"),
        [
            ((OPEN, OPEN, OPEN), Split.NO_SINGLE, 2),
            ((OPEN, OPEN), Split.TOGETHER, 1),
            ((OPEN, PAUSED, OPEN), Split.ANY, 2),
            ((PAUSED, PAUSED), Split.ANY, 2),
        ],
    )
    def test_is_not_shown_if_it_never_fits(
        self, statuses: tuple[Availability, ...], split: Split, quantity: int
    ) -> None:
        offer = four(*statuses, split=split)
        assert offer_rows([offer], None, utc_now(), quantity) == []

    def test_one_of_several(self) -> None:
        shown = row(four(OPEN, OPEN), 1)
        assert (shown.place, shown.price, shown.notes) == ("Stalls · Row F · Seat 12", "$68", "")
        assert shown.listing_id


class TestAnyNumber:
    def test_lets_the_buyer_choose_with_totals(self) -> None:
        shown = row(four(OPEN, OPEN, OPEN))
        assert (shown.price, shown.price_note, shown.quantity) == ("$68", "each", "")
        assert [(choice.value, choice.label) for choice in shown.numbers] == [
            (1, "1 ticket · $68"),
            (2, "2 tickets · $136"),
            (3, "3 tickets · $204"),
        ]
        assert (shown.place, shown.notes) == (f"Stalls · Row F · 12{TO}14", "3 side by side")
        assert shown.description == f"Purchase, Stalls · Row F · 12{TO}14"

    def test_whole_offer_shows_its_total(self) -> None:
        shown = row(four(OPEN, OPEN, split=Split.TOGETHER, face_value_cents=7500))
        assert (shown.price, shown.price_note, shown.quantity) == ("$136", "$68 each", "2")
        assert shown.notes == "2 together · Face value $75"
        assert not shown.has_numbers

    def test_counts_seats_being_bought(self) -> None:
        shown = row(four(OPEN, OPEN, LOCKED))
        assert (shown.place, shown.notes) == (
            f"Stalls · Row F · 12{TO}13",
            "2 side by side · 1 being bought",
        )

    def test_leads_to_the_order_for_a_part(self) -> None:
        order_id = new_id()
        seats = offers.row_of_seats(OPEN, LOCKED)
        seats[1] = seats[1].model_copy(update={"order_id": order_id})
        shown = row(offers.listing(*seats), viewer=offers.VIEWER)
        assert (shown.status, shown.order_href) == ("available", f"/orders/{order_id}")
        assert shown.href == f"/tickets/{seats[0].ticket_id}"

    def test_all_locked(self) -> None:
        shown = row(four(LOCKED, LOCKED))
        assert (shown.status, shown.needed, len(shown.tickets)) == ("locked", 2, 2)
        assert (shown.price, shown.price_note) == ("$68", "each")
        shown = row(four(LOCKED, LOCKED, split=Split.TOGETHER))
        assert (shown.price, shown.price_note) == ("$136", "$68 each")


class TestPlace:
    def test_joins_neighbours_and_names(self) -> None:
        seats = [offers.seat(seat=name) for name in ("9", "10", "12", "C", "D")]
        assert describe_place(seats) == f"Stalls · Row F · 9{TO}10, 12, C, D"

    def test_names_each_row(self) -> None:
        seats = [offers.seat(row="F"), offers.seat(row="G"), offers.seat(row="G", seat="13")]
        assert describe_place(seats) == f"Stalls · Row F · Seat 12, Stalls · Row G · 12{TO}13"

    def test_tickets_without_numbers(self) -> None:
        standing = [offers.seat(section="Standing", row=None, seat=None)] * 2
        assert describe_place(standing) == "Standing"

    def test_section_that_is_a_number(self) -> None:
        assert describe_place([offers.seat(section="112")]) == "Section 112 · Row F · Seat 12"
