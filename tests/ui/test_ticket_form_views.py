"""The form of sellers: filled from a ticket, and read into the values of the API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.ui.test_ticket_views import ticket
from ticketing_app.core import formatting
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.tickets.schemas.prices import PriceHint
from ticketing_app.tickets.schemas.tickets import TicketCreate
from ticketing_app.ui.listings.views import (
    TicketForm,
    amount_line,
    listed_line,
    preview,
    price_hint_line,
    price_rule_line,
    read_form,
    split_seats,
)


class TestTicketForm:
    def test_filled_from_ticket(self) -> None:
        form = TicketForm.from_ticket(
            ticket(
                price_cents=4050,
                city="Hamburg",
                starts_at=datetime(2027, 2, 5, 19, tzinfo=UTC),
                timezone="Europe/Berlin",
            )
        )
        assert (form.price, form.city, form.venue) == ("40.50", "Hamburg", "")
        assert (form.startsAt, form.timezone, form.faceValue) == (
            "2027-02-05T20:00",
            "Europe/Berlin",
            "",
        )

    def test_empty_for_unknown_facts(self) -> None:
        assert TicketForm.from_ticket(ticket()) == TicketForm(
            title="The Paper Lanterns", price="40"
        )


class TestReadForm:
    def test_omits_empty_fields_and_converts_values(self) -> None:
        read = read_form(
            {
                "title": " A ",
                "price": "$1,040.50",
                "city": "  ",
                "startsAt": "2027-02-05T20:00",
                "timezone": "Europe/Berlin",
                "unknown": ["ignored"],
            }
        )
        assert read == {
            "title": "A",
            "price": Decimal("1040.50"),
            "startsAt": "2027-02-05T20:00:00+01:00",
            "timezone": "Europe/Berlin",
        }

    def test_omits_fields_that_are_not_on_the_page(self) -> None:
        assert read_form({"title": "A", "venue": None}) == {"title": "A"}

    def test_keeps_invalid_values_for_the_api(self) -> None:
        read = read_form({"price": "many", "startsAt": "soon", "timezone": "UTC"})
        assert (read["price"], read["startsAt"]) == ("many", "soon")

    @pytest.mark.parametrize(
        ("typed", "price"),
        [
            ("40,50", Decimal("40.50")),
            ("12,5", Decimal("12.5")),
            ("$40,50", Decimal("40.50")),
            ("1,040", Decimal(1040)),
            ("$1,234,567.5", Decimal("1234567.5")),
            ("0.5", Decimal("0.5")),
            ("4,0,0", "4,0,0"),
            ("1.040,50", Decimal("1040.50")),
            ("12.500", "12.500"),
            ("40,505", Decimal(40505)),
            ("4050,505", "4050,505"),
        ],
    )
    def test_parses_localised_prices(self, typed: str, price: object) -> None:
        assert read_form({"price": typed, "faceValue": typed}) == {
            "price": price,
            "faceValue": price,
        }

    def test_ignores_time_zone_without_start(self) -> None:
        assert read_form({"timezone": "UTC"}) == {}

    def test_requires_time_zone_of_start(self) -> None:
        with pytest.raises(InvalidInputError) as refusal:
            read_form({"startsAt": "2027-02-05T20:00", "timezone": "Mars/Base"})
        assert refusal.value.field == "timezone"

    @pytest.mark.parametrize("form", [None, [], "x", 7, {"title": 7}, {"price": ["40"]}])
    def test_rejects_malformed_forms(self, form: object) -> None:
        with pytest.raises(InvalidInputError):
            read_form(form)


class TestSplitSeats:
    @pytest.mark.parametrize(
        ("seat", "seats"),
        [
            ("11", ["11"]),
            (" 11 , 12,13 ", ["11", "12", "13"]),
            ("11,", ["11"]),
            (",".join(map(str, range(10))), [str(number) for number in range(10)]),
        ],
    )
    def test_makes_listing_per_seat(self, seat: str, seats: list[str]) -> None:
        made = split_seats({"title": "x", "seat": seat})
        assert [values["seat"] for values in made] == seats
        assert {values["title"] for values in made} == {"x"}

    def test_makes_one_listing_without_seat(self) -> None:
        assert split_seats({"title": "x"}) == [{"title": "x"}]

    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            ({"seat": "11, 12, 11"}, "Seat 11 is named twice."),
            ({"seat": ",".join(map(str, range(11)))}, "at most 10 seats"),
            ({"seat": "11, 12", "previousTicketId": "x"}, "has one seat"),
        ],
    )
    def test_rejects_invalid_seats(self, values: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidInputError, match=problem) as refused:
            split_seats(values)
        assert refused.value.field == "seat"


class TestFormSentences:
    def test_price_hint(self) -> None:
        hint = PriceHint(low_cents=3500, high_cents=6000, typical_cents=4200, currency="usd")
        assert price_hint_line(hint) == "Similar tickets: $35 to $60, typically $42"
        same = PriceHint(low_cents=40, high_cents=40, typical_cents=40, currency="eur")
        assert price_hint_line(same) == "Similar tickets: €0.40"
        assert price_hint_line(None) == ""

    def test_price_rule_is_localised(self) -> None:
        assert price_rule_line("usd") == "What the buyer pays, from $0.50"
        with formatting.use_locale("de-DE"):
            assert price_rule_line("usd") == "What the buyer pays, from 0,50\N{NO-BREAK SPACE}US$"

    def test_amount_line_promises_no_payout(self) -> None:
        line = amount_line(4050, "usd")
        assert line.startswith("The buyer pays $40.50, and we take no fee.")
        assert "Payouts to sellers have not started yet." in line
        assert amount_line(None, "usd") == ""

    @pytest.mark.parametrize("count", ["", "1", "0", "11", "-3", "x", "3.5", "٣", "9" * 99])
    def test_listed_line_ignores_invalid_count(self, count: str) -> None:
        assert listed_line(count) == ""

    def test_listed_line(self) -> None:
        assert listed_line("3") == "3 tickets are for sale now, each on its own."

    def test_preview_equals_stub_of_list(self) -> None:
        facts = TicketCreate.model_validate({"title": "Kites", "price": 40, "city": "Porto"})
        stub = preview(facts, "usd", has_price=True)
        assert (stub.title, stub.price, stub.place, stub.month) == ("Kites", "$40", "Porto", "Date")
        assert preview(facts, "usd", has_price=False).price == ""
