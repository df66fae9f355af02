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


FILE_ID = "01a20000-0000-7000-8000-000000000001"


class TestDelivery:
    @pytest.mark.parametrize(
        "promise",
        [
            {"method": "file", "fileIds": [FILE_ID]},
            {"method": "file_later", "readyOn": "2027-05-01"},
            {"method": "transfer", "issuer": "axs"},
            {"method": "transfer", "issuer": "other", "readyOn": "2027-05-01"},
            {"method": "link", "link": "https://pay.google.com/gp/v/save/abc"},
        ],
        ids="-".join,
    )
    def test_takes_what_the_method_needs(self, promise: dict[str, object]) -> None:
        assert create(delivery=promise).delivery is not None

    @pytest.mark.parametrize(
        ("promise", "message"),
        [
            ({"method": "post"}, "Input should be"),
            ({"method": "file"}, "needs fileIds"),
            ({"method": "file_later"}, "needs readyOn"),
            ({"method": "transfer"}, "needs issuer"),
            ({"method": "link"}, "needs link"),
            ({"method": "reissue", "fileIds": [FILE_ID]}, "follows from a file"),
            ({"method": "transfer", "issuer": "axs", "link": "https://x"}, "has no link"),
            ({"method": "file", "fileIds": [FILE_ID], "readyOn": "2027-05-01"}, "has no readyOn"),
            ({"method": "file", "fileIds": [FILE_ID, FILE_ID]}, "same file twice"),
            ({"method": "file_later", "readyOn": "9999-05-01"}, "must lie between"),
        ],
    )
    def test_rejects_what_does_not_fit(self, promise: dict[str, object], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            create(delivery=promise)
