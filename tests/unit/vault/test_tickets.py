"""Which barcodes are tickets, and which pages belong together."""

import pytest

from ticketing_app.vault.inspection.child import tickets


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"https://tickets.example/app", True),
        (b"www.example.com", True),
        (b"https://tickets.example/t/A1B2C3D4E5F6", False),
        (b"A1B2C3D4E5F6", False),
        (b"see https://tickets.example", False),
    ],
)
def test_knows_adverts(payload: bytes, *, expected: bool) -> None:
    assert tickets.is_advert(payload) is expected


class TestFindOwn:
    def test_drops_a_code_that_every_page_repeats(self) -> None:
        assert tickets.find_own([[b"order", b"one"], [b"two", b"order"]]) == [[b"one"], [b"two"]]

    def test_keeps_the_only_code_of_all_pages(self) -> None:
        assert tickets.find_own([[b"one"], [b"one"]]) == [[b"one"], []]

    def test_names_a_code_once(self) -> None:
        assert tickets.find_own([[b"one", b"one"], [b"two"], [b"one"]]) == [[b"one"], [b"two"], []]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([[]], [[0]]),
        ([[], []], [[0, 1]]),
        ([[b"one"], []], [[0, 1]]),
        ([[], [b"one"], [], [b"two"]], [[0, 1, 2], [3]]),
        ([[b"one", b"two"], [b"three"]], [[0], [1]]),
    ],
)
def test_begins_a_ticket_with_each_new_code(
    own: list[list[bytes]], expected: list[list[int]]
) -> None:
    assert tickets.group(own) == expected
