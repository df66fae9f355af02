from typing import Any

import pytest
from pydantic import ValidationError

from ticketing_app.tickets.schemas.tickets import TicketCreate

UNPRINTED = ["\r", "\x00", "\x0b", "\x0c", "\x1e", "\x7f", "\x85", "\u2028", "\u202e", "\u2066"]
NAMES = ["title", "venue", "city", "section", "row", "seat", "description"]


def create(**fields: Any) -> TicketCreate:  # noqa: ANN401  # any field.
    return TicketCreate.model_validate({"title": "Lanterns", "price": 40, **fields})


class TestText:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("character", UNPRINTED, ids=ascii)
    def test_rejects_control_and_direction_characters(self, name: str, character: str) -> None:
        with pytest.raises(ValidationError, match="control characters"):
            create(**{name: f"a{character}b"})

    @pytest.mark.parametrize("name", NAMES[:-1])
    def test_rejects_line_breaks(self, name: str) -> None:
        with pytest.raises(ValidationError, match="control characters"):
            create(**{name: "a\nb"})

    def test_allows_line_breaks_in_descriptions(self) -> None:
        assert create(description=" a\r\nb\n").description == "a\nb"

    @pytest.mark.parametrize("text", ["Åse & Bjørn", "קונצרט", "حفلة", "🎸 «Rock»", "a\u200fb"])
    def test_allows_any_language(self, text: str) -> None:
        assert create(title=text).title == text
