"""The form of sellers: filled from a ticket, and read into the values of the API."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.ui.test_ticket_views import ticket
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.ui.listings.views import TicketForm, read_form


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
