"""Facts that are read from the text of invented tickets."""

from datetime import date, datetime
from typing import Any

import pytest

from ticketing_app.vault.inspection.child import facts
from ticketing_app.vault.inspection.child.pdf import Line

TODAY = date(2026, 11, 29)
MAY = (date(2027, 5, 1),)


def read(text: str, *payloads: bytes) -> dict[str, Any]:
    lines = [Line(line, 12) for line in text.split("\n")]
    return facts.read(lines, payloads, TODAY)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 5, 1, hour, minute)  # noqa: DTZ001  # of the venue.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "The Paper Lanterns\nMay 1, 2027 8:00 p.m.\nAurora Hall\nRegular ticket\n€45.00",
            {"title": "The Paper Lanterns", "starts_local": at(20), "price_cents": 4500},
            id="english",
        ),
        pytest.param(
            "PRINT AT HOME TICKET\nAuftragsnummer 4711\nDie Papierlaternen - Live 2027\n"
            "Samstag, 1. Mai 2027, 20:00 Uhr\nEinlass: 18:30 Uhr\nOrt: Aurora Halle, Wien\n"
            "Block B  Reihe 7  Platz 12\nPreis: 45,00 EUR\nKaufdatum 03.11.2026",
            {
                "title": "Die Papierlaternen - Live 2027",
                "starts_local": at(20),
                "venue": "Aurora Halle",
                "city": "Wien",
                "section": "B",
                "row": "7",
                "seat": "12",
                "price_cents": 4500,
                "currency": "EUR",
            },
            id="german",
        ),
        pytest.param(
            "E-TICKET\nRiver City Otters vs. Lakeside Herons\nSAT MAY 01 2027 7:30 PM\n"
            "SEC 104 ROW C SEAT 9\n$85.00",
            {
                "title": "River City Otters vs. Lakeside Herons",
                "starts_local": at(19, 30),
                "section": "104",
                "row": "C",
                "seat": "9",
                "currency": "USD",
            },
            id="arena",
        ),
        pytest.param(
            "EVENT\nThe Paper Lanterns\nVENUE\nAurora Hall\nDATE\n2027-05-01 20:00\nSECTION\nB\nSEAT\n12",
            {
                "title": "The Paper Lanterns",
                "venue": "Aurora Hall",
                "starts_local": at(20),
                "section": "B",
                "seat": "12",
            },
            id="labels above values",
        ),
        pytest.param(
            "Votre e-billet\nLes Lanternes de papier\nsamedi 1 mai 2027 à 20h00\nRang 7 Place 12",
            {"title": "Les Lanternes de papier", "starts_local": at(20), "row": "7", "seat": "12"},
            id="french",
        ),
        pytest.param(
            "Entrada\nLos Faroles\n1 de mayo de 2027 21:00\nFila 7, Asiento 12",
            {"title": "Los Faroles", "starts_local": at(21), "row": "7", "seat": "12"},
            id="spanish",
        ),
        pytest.param(
            "De Lantaarns\nzaterdag 1 mei 2027 20.30 uur\nRij 7 Stoel 12",
            {"starts_local": at(20, 30), "row": "7", "seat": "12"},
            id="dutch",
        ),
        pytest.param("Day\n31/05/2027 doors 19:00", {"days": (date(2027, 5, 31),)}, id="one reading"),
    ],
)  # fmt: skip
def test_reads_tickets(text: str, expected: dict[str, Any]) -> None:
    found = read(text)

    assert {name: found.get(name) for name in expected} == expected


class TestDays:
    def test_names_both_readings_of_an_ambiguous_day(self) -> None:
        found = read("The Paper Lanterns\n05/01/2027 at 8pm")

        assert set(found["days"]) == {date(2027, 5, 1), date(2027, 1, 5)}
        assert "starts_local" not in found

    def test_ignores_a_day_that_may_be_of_the_purchase(self) -> None:
        # The 12th of November, or the 11th of December.
        assert "days" not in read("Bought 12/11/2026")

    @pytest.mark.parametrize(
        "day", ["31 February 2027", "2027-13-45", "Sat 1 May, 20:00", "1 \u017fept 2027"]
    )
    def test_ignores_days_that_are_none(self, day: str) -> None:
        assert "starts_local" not in read(f"The Paper Lanterns\n{day}")

    def test_prefers_the_event_to_the_purchase(self) -> None:
        assert read("Bought 2026-11-03\nSat 1 May 2027")["days"] == MAY


class TestTitle:
    def test_is_the_largest_line(self) -> None:
        lines = [Line("Aurora Hall presents", 10), Line("The Paper Lanterns", 20)]

        assert facts.read(lines, [], TODAY)["title"] == "The Paper Lanterns"

    def test_is_none_of_an_empty_page(self) -> None:
        assert facts.read([], [], TODAY) == {}
        assert read("12345\nTicket") == {}

    def test_has_no_control_characters(self) -> None:
        assert read("The \x07Paper\x00 Lanterns")["title"] == "The Paper Lanterns"


class TestIssuer:
    LINE = '{"issuer": "https://tickets.example", "secret": "A1B2C3D4"}'

    def test_is_the_source_that_pretix_prints(self) -> None:
        assert read(f"A show\n{self.LINE}", b"A1B2C3D4")["issuer"] == "https://tickets.example"

    def test_is_none_for_another_ticket(self) -> None:
        assert "issuer" not in read(self.LINE, b"OTHER")

    def test_is_none_for_another_address(self) -> None:
        line = self.LINE.replace("https", "file")
        assert "issuer" not in read(line, b"A1B2C3D4")


class TestReadPass:
    def test_reads_the_semantics(self) -> None:
        found = facts.read_pass(
            {
                "description": "Ticket",
                "semantics": {
                    "eventName": "The Paper Lanterns",
                    "eventStartDate": "2027-05-01T20:00+02:00",
                    "seats": [{"seatRow": "7", "seatNumber": "12"}],
                },
            }
        )

        assert found == {
            "title": "The Paper Lanterns",
            "row": "7",
            "seat": "12",
            "days": [date(2027, 5, 1)],
            "starts_local": at(20),
        }

    def test_reads_an_older_pass(self) -> None:
        found = facts.read_pass(
            {"description": "A show", "relevantDates": [{"date": "2027-05-01T20:00Z"}]}
        )

        assert (found["title"], found["starts_local"]) == ("A show", at(20))

    def test_drops_values_of_other_types(self) -> None:
        assert facts.read_pass({"description": 7, "relevantDate": ["x"]}) == {}
