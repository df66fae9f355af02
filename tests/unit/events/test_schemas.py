from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.factories import UNKNOWN_ID
from ticketing_app.events.schemas import EventCreate, EventFilter

VALID = {"title": "The Paper Lanterns", "startsLocal": "2099-05-01T20:00", "venueId": UNKNOWN_ID}


class TestEventCreate:
    def test_normalises_spaces_and_seconds(self) -> None:
        event = EventCreate.model_validate(
            VALID | {"title": "  The  Paper\u00a0Lanterns ", "startsLocal": "2099-05-01T20:00:59"}
        )
        assert event.title == "The Paper Lanterns"
        assert event.starts_local == datetime.fromisoformat("2099-05-01T20:00")

    @pytest.mark.parametrize(
        "change",
        [
            {"title": ""},
            {"title": "x" * 121},
            {"title": "a\u202eb"},
            {"category": "opera"},
            {"startsLocal": "2099-05-01T20:00:00Z"},
            {"startsLocal": "2099-05-01T20:00:00+02:00"},
            {"startsLocal": "1999-12-31T20:00"},
            {"startsLocal": 4_081_437_600},
            {"startsLocal": "tonight"},
            {"venueId": None},
            {"venueId": "Harbour Hall"},
            {"venue": {"name": "Harbour Hall", "cityId": 1}},
            {"venueId": None, "venue": {"name": "Harbour Hall"}},
            {"venueId": None, "venue": {"name": " ", "cityId": 1}},
            {"venueId": None, "venue": {"name": "Harbour Hall", "cityId": 2**40}},
        ],
    )
    def test_rejects(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            EventCreate.model_validate(VALID | change)


class TestEventFilter:
    def test_ignores_empty_fields_and_nul(self) -> None:
        assert EventFilter.model_validate({"q": "a\x00b", "city": "", "when": ""}) == EventFilter(
            q="ab"
        )

    def test_rejects_days_in_the_wrong_order(self) -> None:
        with pytest.raises(ValidationError, match="must not lie before"):
            EventFilter.model_validate({"from": "2027-05-02", "to": "2027-05-01"})
