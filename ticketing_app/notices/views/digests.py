"""Sentences of the mail that collects the notices of a day."""

from ticketing_app import routes
from ticketing_app.core import formatting
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import About, BellLine, Facts, Line, Wording, absolute

LONGEST = 20


class DigestFacts(Facts):
    """The lines of the bell of one kind, newest first."""

    label: Line
    lines: tuple[Line, ...]


def digest(facts: DigestFacts) -> Letter:
    count = len(facts.lines)
    counted = "One notice" if count == 1 else f"{formatting.format_number(count)} notices"
    more = count - LONGEST
    rest = (f"And {formatting.format_number(more)} more.",) if more > 0 else ()
    return Letter(
        subject=f"{counted} since yesterday",
        preheader=facts.lines[0],
        heading="Since yesterday",
        paragraphs=(*facts.lines[:LONGEST], *rest),
        action=Action("See your notices", absolute(routes.NOTICES)),
        why=f"You get this mail at most once a day, because you chose mails of this kind: {facts.label}.",
    )


def _line(_about: About) -> BellLine:
    return BellLine("Your notices of a day.", routes.NOTICES)


DIGEST = Wording(
    digest,
    _line,
    "Notices of a day",
    DigestFacts(
        label="Someone is buying your tickets",
        lines=(
            "Someone is buying 2 tickets for The Paper Lanterns.",
            "Someone is buying 1 ticket for Harbour Lights.",
        ),
    ),
)
