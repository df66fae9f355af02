"""What a check of the installation finds."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """Right, wrong, or not to be told from here."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """One line of the doctor: how something is, and how to mend it."""

    verdict: Verdict
    subject: str
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        """Write the line."""
        remedy = f" To mend it: {self.remedy}" if self.remedy else ""
        return f"{self.verdict:<8}{self.subject}: {self.detail}{remedy}"


def judge(subject: str, is_ok: bool, detail: str, remedy: str) -> Finding:  # noqa: FBT001  # reads as a sentence.
    """Return the finding, with its remedy if it is needed."""
    return ok(subject, detail) if is_ok else wrong(subject, detail, remedy)


def ok(subject: str, detail: str) -> Finding:
    """Return what is right."""
    return Finding(Verdict.OK, subject, detail)


def wrong(subject: str, detail: str, remedy: str) -> Finding:
    """Return what is wrong, and how to mend it."""
    return Finding(Verdict.WRONG, subject, detail, remedy)


def warning(subject: str, detail: str, remedy: str) -> Finding:
    """Return what works and should be better."""
    return Finding(Verdict.WARNING, subject, detail, remedy)


def unknown(subject: str, detail: str) -> Finding:
    """Return what cannot be told."""
    return Finding(Verdict.UNKNOWN, subject, detail)
