import pytest

from ticketing_app.cases.rules import (
    CaseKind,
    Reason,
    format_number,
    kind_of,
    read_number,
)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (None, CaseKind.CONTACT),
        (Reason.NOT_REAL, CaseKind.LISTING),
        (Reason.WRONG, CaseKind.LISTING),
        (Reason.WORDS, CaseKind.LISTING),
        (Reason.SELLER, CaseKind.USER),
        (Reason.ILLEGAL, CaseKind.ILLEGAL_CONTENT),
    ],
)
def test_kind_follows_the_reason(reason: Reason | None, kind: CaseKind) -> None:
    assert kind_of(reason) is kind


@pytest.mark.parametrize("text", ["482130", "482-130", " 482 130\n", "No. 482-130"])
def test_reads_a_number_as_people_write_it(text: str) -> None:
    assert read_number(text) == "482130"


def test_formats_a_number_in_two_halves() -> None:
    assert format_number("482130") == "482-130"
    assert read_number("²") == ""
