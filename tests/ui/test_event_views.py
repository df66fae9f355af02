"""Values and sentences of the event pages."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.ui import offers
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.events.rules import EventStatus
from ticketing_app.ui.events.views import (
    EventHead,
    OfferRow,
    choose,
    read_choice,
    section_choices,
    sort_choices,
)

HREF = "/events/velvet"


def head(status: EventStatus = EventStatus.SCHEDULED, **fields: object) -> EventHead:
    event = offers.event(status=status, **fields)
    return EventHead.from_event(event, offers.summary(event), seen_at=1)


def row(*seats: object, viewer: object = None, **fields: object) -> OfferRow:
    return OfferRow.from_offer(offers.offer(*seats, **fields), viewer, utc_now())  # type: ignore[arg-type]


class TestEventHead:
    def test_shows_the_time_of_the_event(self) -> None:
        shown = head()
        assert (shown.month, shown.day, shown.time_line) == (
            "Dec",
            "5",
            "Thu · 2097 · 7:30\u202fPM",
        )
        assert (shown.venue_href, shown.city_href) == (
            "/venues/lantern-hall-london",
            "/cities/london",
        )

    def test_omits_the_year_if_it_is_this_one(self) -> None:
        with time_machine.travel(offers.STARTS_AT - timedelta(days=7), tick=False):
            assert head().time_line == "Thu · 7:30\u202fPM"

    def test_shows_what_is_left(self) -> None:
        shown = head()
        assert (shown.left_line, shown.price, shown.is_on_sale) == ("7 for sale", "$42.50", True)
        assert shown.share_line == (
            "Thu, Dec 5, 2097, 7:30\u202fPM · Lantern Hall, London · 7 for sale · from $42.50"
        )

    @pytest.mark.parametrize(("left", "line"), [(0, "Sold out for now"), (1, "1 for sale")])
    def test_counts_in_words(self, left: int, line: str) -> None:
        event = offers.event()
        summary = offers.summary(event, available=left, from_cents=4000 if left else None)
        shown = EventHead.from_event(event, summary, seen_at=1)
        assert (shown.left_line, shown.price) == (line, "$40" if left else "")

    def test_event_without_tickets_has_the_market_currency(self) -> None:
        event = offers.event()
        summary = offers.summary(event, available=0, sold=0, from_cents=None, currency=None)
        shown = EventHead.from_event(event, summary, seen_at=1)
        assert (shown.left_line, shown.price_format[0]) == ("None for sale right now", "$")

    @pytest.mark.parametrize(
        ("status", "start", "shown", "notice", "is_on_sale"),
        [
            (EventStatus.SCHEDULED, offers.STARTS_AT, "scheduled", "", True),
            (EventStatus.MOVED, offers.STARTS_AT, "moved", "now on Thu, Dec 5, 2097", True),
            (EventStatus.CANCELLED, offers.STARTS_AT, "cancelled", "money on its way back", False),
            (EventStatus.SCHEDULED, datetime(2026, 1, 1, tzinfo=UTC), "over", "has begun", False),
        ],
    )
    def test_explains_its_status(
        self, status: EventStatus, start: datetime, shown: str, notice: str, *, is_on_sale: bool
    ) -> None:
        found = head(status, starts_at=start)
        assert (found.status, found.is_on_sale) == (shown, is_on_sale)
        assert notice in found.notice
        assert (found.left > 0) == is_on_sale

    def test_city_without_latin_letters_has_no_page(self) -> None:
        venue = offers.event().venue.model_copy(update={"city": "東京"})
        assert head(venue=venue).city_href == ""


class TestOfferRow:
    def test_names_a_single_seat(self) -> None:
        shown = row(price=42)
        assert (shown.price, shown.place, shown.is_single) == (
            "$42",
            "Stalls · Row F · Seat 12",
            True,
        )
        assert shown.seats[0].href.startswith("/tickets/")

    def test_ticket_without_a_seat_is_any_place(self) -> None:
        assert row(offers.seat(section=None, row=None, seat=None)).place == "Any place"

    def test_shows_the_seats_of_a_listing(self) -> None:
        shown = row(
            offers.seat(), offers.seat(seat=None), is_side_by_side=True, face_value_cents=7500
        )
        assert (shown.place, shown.is_single) == ("Stalls · Row F", False)
        assert shown.notes == "2 seats side by side · Face value $75"
        assert [seat.seat for seat in shown.seats] == ["Seat 12", "No. 2"]

    def test_shows_a_hold_of_another_buyer(self) -> None:
        (seat,) = row(offers.held_seat()).seats
        assert (seat.status, seat.status_label) == ("locked", "Being bought")
        assert seat.locked_until
        assert seat.now

    def test_leads_to_the_order_of_the_viewer(self) -> None:
        order_id = new_id()
        (seat,) = row(offers.held_seat(order_id=order_id), viewer=offers.VIEWER).seats
        assert (seat.status, seat.status_label) == ("yours", "Yours")
        assert seat.href == f"/orders/{order_id}"

    def test_hides_the_order_from_the_seller(self) -> None:
        shown = row(
            offers.held_seat(order_id=new_id()), viewer=offers.VIEWER, seller_id=offers.VIEWER
        )
        assert (shown.is_own, shown.seats[0].status) == (True, "locked")

    def test_warns_of_a_seat_listed_twice(self) -> None:
        assert row(is_listed_twice=True).doubt == "Listed twice, not checked"
        assert row().doubt == ""


class TestChoice:
    stalls = offers.offer(offers.seat(section="Stalls"), price=68)
    balcony = offers.offer(offers.seat(section="Balcony"), price=90)
    standing = offers.offer(offers.seat(section=None), price=30)
    all = (stalls, balcony, standing)

    def test_sorts_by_price(self) -> None:
        choice = read_choice({}, self.all)
        assert choose(self.all, choice) == [self.standing, self.stalls, self.balcony]

    def test_sorts_by_section(self) -> None:
        choice = read_choice({"sort": "section"}, self.all)
        assert choose(self.all, choice) == [self.standing, self.balcony, self.stalls]

    def test_filters_by_section(self) -> None:
        choice = read_choice({"section": "Balcony"}, self.all)
        assert choose(self.all, choice) == [self.balcony]

    def test_ignores_unknown_values(self) -> None:
        choice = read_choice({"section": "Moon", "sort": "<script>"}, self.all)
        assert choice == {"section": "", "sort": ""}

    def test_links_keep_the_other_choice(self) -> None:
        choice = read_choice({"section": "Balcony", "sort": "section"}, self.all)
        links = section_choices(self.all, HREF, choice)
        assert [(link.label, link.href, link.is_current) for link in links] == [
            ("All", f"{HREF}?sort=section", False),
            ("Balcony", f"{HREF}?section=Balcony&sort=section", True),
            ("Stalls", f"{HREF}?section=Stalls&sort=section", False),
        ]
        assert [link.href for link in sort_choices(self.all, HREF, choice)] == [
            f"{HREF}?section=Balcony",
            f"{HREF}?section=Balcony&sort=section",
        ]

    def test_one_section_is_no_choice(self) -> None:
        choice = read_choice({}, [self.stalls])
        assert section_choices([self.stalls], HREF, choice) == []
        assert sort_choices([self.stalls], HREF, choice) == []
