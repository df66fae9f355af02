"""Kinds and states of cases: messages to the operator, and reports of listings."""

from enum import StrEnum

NUMBER_LENGTH = 6
MESSAGE_MAX_LENGTH = 4_000


class CaseKind(StrEnum):
    CONTACT = "contact"
    LISTING = "listing"
    USER = "user"
    ILLEGAL_CONTENT = "illegal_content"


class CaseStatus(StrEnum):
    """`waiting` is answered: the reporter may write again."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why a listing is reported."""

    NOT_REAL = "not_real"
    WRONG = "wrong"
    WORDS = "words"
    SELLER = "seller"
    ILLEGAL = "illegal"


def kind_of(reason: Reason | None) -> CaseKind:
    """Return the kind of a case; a message about no listing has no reason."""
    if reason is None:
        return CaseKind.CONTACT
    kinds = {Reason.SELLER: CaseKind.USER, Reason.ILLEGAL: CaseKind.ILLEGAL_CONTENT}
    return kinds.get(reason, CaseKind.LISTING)


def format_number(number: str) -> str:
    """Return the number in two halves, to be read out on the phone: 482-130."""
    half = NUMBER_LENGTH // 2
    return f"{number[:half]}-{number[half:]}"


def read_number(text: str) -> str:
    """Return the digits of a number as people write it: 482-130, 482 130."""
    return "".join(letter for letter in text if letter in "0123456789")
