"""Sentences of the sell form in steps."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ticketing_app.tickets.schemas.prices import EventPrices, PriceHint
from ticketing_app.ui.sell import views
from ticketing_app.ui.sell.form import SellForm, quantity
from ticketing_app.ui.sell.views import EventFacts


class TestSentences:
    @pytest.mark.parametrize(
        ("form", "line"),
        [
            (SellForm(), "1 ticket without seat numbers"),
            (SellForm(quantity="3"), "3 tickets without seat numbers"),
            (SellForm(seats="7"), "1 ticket: seat 7"),
            (SellForm(seats="5-6"), "2 tickets: seats 5 and 6"),
            (SellForm(seats="1, 2, 3"), "3 tickets: seats 1, 2 and 3"),
            (SellForm(seats="3 tickets"), "3 tickets without seat numbers"),
            (SellForm(seats="3", quantity="3"), "3 tickets without seat numbers"),
            # More seats than tickets, and what is no seat: refused with Next.
            (SellForm(seats="5-6", quantity="3"), "2 tickets: seats 5 and 6"),
            (SellForm(seats="?", quantity="3"), "3 tickets without seat numbers"),
        ],
    )
    def test_seats(self, form: SellForm, line: str) -> None:
        assert views.named_line(form) == line

    @pytest.mark.parametrize("text", ["", "0", "-1", "99", "x", "1e3", "٣", "9" * 50])
    def test_quantity_stays_in_its_limits(self, text: str) -> None:
        assert 1 <= quantity(SellForm(quantity=text)) <= 10

    def test_total(self) -> None:
        both = SellForm(quantity="2", price="68")
        assert views.total_line(both, "usd").startswith(
            "The buyer pays $68 per ticket, $136 for both. We take no fee."
        )
        assert views.total_line(SellForm(price="68"), "usd") == (
            "The buyer pays $68. We take no fee. Payouts to sellers have not started yet."
        )
        for price in ("", "0.2", "much"):
            assert views.total_line(SellForm(price=price), "usd") == ""

    def test_scale(self) -> None:
        hint = PriceHint(low_cents=6800, high_cents=7500, typical_cents=7000, currency="usd")
        same = hint.model_copy(update={"high_cents": 6800})
        for lowest, usual, line in (
            (6200, hint, "Lowest now $62 · usual $68 to $75"),
            (6200, None, "Lowest now $62"),
            (None, same, "Usual $68"),
            (None, None, ""),
        ):
            assert views.scale_line(EventPrices(lowest_cents=lowest, usual=usual), "usd") == line

    def test_found(self) -> None:
        assert views.found_line(0, " ") == ""
        assert views.found_line(0, "x").startswith("No event with these words")
        assert (views.found_line(1, "x"), views.found_line(2, "x")) == ("1 event", "2 events")

    @pytest.mark.parametrize(
        ("form", "term"),
        [
            (SellForm(quantity="2"), "You sell both together or not at all, for $136."),
            (
                SellForm(quantity="2", split="any"),
                "Buyers choose how many they take: $136 when both",
            ),
            (
                SellForm(quantity="3"),
                "but never so that one is left over: $204 when all 3 are sold.",
            ),
            (SellForm(quantity="3", split="together"), "You sell all 3 together or not at all"),
        ],
    )
    def test_terms_name_rule_and_sum(self, form: SellForm, term: str) -> None:
        lines = views.terms(replace(form, price="68"), "usd", hold_minutes=15)
        assert any(term in line for line in lines)
        assert any("15 minutes" in line for line in lines)
        assert lines[-1] == "Payouts to sellers have not started yet."

    def test_terms_of_one_ticket_have_no_rule(self) -> None:
        lines = views.terms(SellForm(price="68"), "usd", hold_minutes=15)
        assert not any("together" in line or "choose" in line for line in lines)

    def test_offer_names_rule_and_sum(self) -> None:
        pair = SellForm(price="68", row="F", seats="5-6")
        assert views.offer_line(pair, "usd") == (
            "2 tickets · Sold both together · Side by side · $136 in total"
        )
        assert views.offer_line(replace(pair, seats="5"), "usd") == ""

    def test_one_stub_for_all_tickets(self) -> None:
        start = datetime(2097, 5, 1, 20)  # noqa: DTZ001  # local time of the event
        facts = EventFacts("Kites", None, start, start.replace(tzinfo=UTC), "Depot", "Porto", "UTC")
        form = SellForm(seats="5-6", row="F", price="68")
        stub = views.offered_stub(facts, form, "usd")
        assert (stub.seat, stub.price, stub.place) == (
            "Row F · Seats 5, 6",
            "$68",
            "Depot, Porto",
        )
        assert views.offered_stub(facts, replace(form, seats="5"), "usd").seat == "Row F · Seat 5"
        assert views.offered_stub(facts, SellForm(quantity="3", price="68"), "usd").seat == ""
