"""Values of the pages of notices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing_app.core.formatting import format_datetime
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.schemas import Choice, ChoiceRead, NoticeRead
from ticketing_app.notices.views.catalog import WORDINGS

# Confirmation after the form of choices.
SAVED = "Your choice is saved."

_JUST_NOW = timedelta(minutes=1)
_TODAY = timedelta(days=1)


@dataclass(frozen=True)
class NoticeRow:
    id: str = ""
    text: str = ""
    path: str = ""
    at: str = ""
    at_iso: str = ""
    is_read: bool = False

    @classmethod
    def from_notice(cls, notice: NoticeRead, now: datetime) -> "NoticeRow":
        return cls(
            id=str(notice.id),
            text=notice.text,
            path=notice.path,
            at=format_ago(notice.created_at, now),
            at_iso=notice.created_at.isoformat(),
            is_read=notice.is_read,
        )


def format_ago(at: datetime, now: datetime) -> str:
    """Return the time of a notice: relative within a day."""
    ago = now - at
    if ago < _JUST_NOW:
        return "Just now"
    if ago < timedelta(hours=1):
        return f"{ago // timedelta(minutes=1)} min ago"
    if ago < _TODAY:
        return f"{ago // timedelta(hours=1)} h ago"
    return format_datetime(at, now)


@dataclass(frozen=True)
class ChoiceCell:
    """A checkbox of the table; one that is not switchable is a word."""

    name: str = ""
    label: str = ""
    is_on: bool = False
    is_switchable: bool = False


@dataclass(frozen=True)
class ChoiceRow:
    kind: str = ""
    label: str = ""
    mail: ChoiceCell = ChoiceCell()
    push: ChoiceCell = ChoiceCell()

    @classmethod
    def from_choice(cls, choice: ChoiceRead) -> "ChoiceRow":
        return cls(
            kind=choice.kind,
            label=choice.label,
            mail=_cell(choice, Channel.MAIL, "by mail"),
            push=_cell(choice, Channel.PUSH, "on your devices"),
        )


def _cell(choice: ChoiceRead, channel: Channel, how: str) -> ChoiceCell:
    return ChoiceCell(
        name=field_name(Choice(choice.kind, channel)),
        label=f"{choice.label}, {how}",
        is_on=channel in choice.wanted,
        is_switchable=channel in choice.switchable,
    )


def field_name(choice: Choice) -> str:
    return f"{choice.channel}.{choice.kind}"


def read_fields(names: Collection[str]) -> set[Choice]:
    """Return the choices that a form names; other fields are ignored."""
    found = set[Choice]()
    for name in names:
        channel, _, kind = name.partition(".")
        if channel in {Channel.MAIL, Channel.PUSH}:
            found.add(Choice(kind, Channel(channel)))
    return found


def kind_label(kind: str) -> str:
    return WORDINGS[kind].label if kind in WORDINGS else ""
