"""The sentences of every kind of notice."""

from collections.abc import Mapping
from typing import Any

from ticketing_app.notices.letter import Letter
from ticketing_app.notices.views import account
from ticketing_app.notices.views.facts import About, BellLine, Facts, Wording

WORDINGS: Mapping[str, Wording] = {
    "welcome": account.WELCOME,
}


def draw_letter(kind: str, facts: Facts) -> Letter:
    return WORDINGS[kind].letter(facts)


def draw_line(kind: str, stored: Mapping[str, Any]) -> BellLine:
    """Return the line of the bell, from the facts stored with the notice."""
    return WORDINGS[kind].line(About.model_validate(stored))
