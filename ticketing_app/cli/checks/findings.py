"""Results of the checks of an installation."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    verdict: Verdict
    subject: str
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" To mend it: {self.remedy}" if self.remedy else ""
        return f"{self.verdict:<8}{self.subject}: {self.detail}{remedy}"


def judge(subject: str, is_ok: bool, detail: str, remedy: str) -> Finding:  # noqa: FBT001  # reads as a sentence.
    return ok(subject, detail) if is_ok else wrong(subject, detail, remedy)


def ok(subject: str, detail: str) -> Finding:
    return Finding(Verdict.OK, subject, detail)


def wrong(subject: str, detail: str, remedy: str) -> Finding:
    return Finding(Verdict.WRONG, subject, detail, remedy)


def warning(subject: str, detail: str, remedy: str) -> Finding:
    """Return a finding that works but should be improved."""
    return Finding(Verdict.WARNING, subject, detail, remedy)


def unknown(subject: str, detail: str) -> Finding:
    """Return a finding that cannot be checked from here."""
    return Finding(Verdict.UNKNOWN, subject, detail)


def enumerate_or(nothing: str, label: str, names: Sequence[str]) -> str:
    """Return "label: a, b.", or `nothing` if there are no names."""
    return f"{label}: {', '.join(names)}." if names else nothing
