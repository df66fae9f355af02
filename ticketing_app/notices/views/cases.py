"""Sentences about messages and reports to the operator."""

from textwrap import shorten

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Letter
from ticketing_app.notices.views.facts import About, BellLine, Facts, Line, Wording

ANSWER_IN_BELL = 70

_EXAMPLE_ABOUT = About(number="418-207", answer="The doors open at seven.")


# ---- Received --------------------------------------------------------------------------------------


class CaseReceivedFacts(Facts):
    number: str
    # Empty for an unconfirmed address: the form could send a stranger any text.
    message: Line = ""


def case_received(case: CaseReceivedFacts) -> Letter:
    return Letter(
        subject=f"We have your message ({case.number})",
        preheader="A person reads it and answers by mail.",
        heading="Thank you, your message is here",
        paragraphs=(
            f"A person reads it and answers by mail. Its number is {case.number}: name it if you write again.",
            *_quote(case.message),
        ),
        why=_wrote(),
    )


def _case_received_line(about: About) -> BellLine:
    return BellLine(f"We have your message ({about.number}).", routes.TICKET_LIST)


CASE_RECEIVED = Wording(
    case_received,
    _case_received_line,
    "We have your message",
    CaseReceivedFacts(number="418-207", message="The doors open at seven or at eight?"),
    _EXAMPLE_ABOUT,
)


# ---- Answered --------------------------------------------------------------------------------------


class CaseAnsweredFacts(Facts):
    number: str
    answer: str
    message: Line = ""


def case_answered(case: CaseAnsweredFacts) -> Letter:
    return Letter(
        subject=f"Our answer to your message ({case.number})",
        preheader="Here is our answer.",
        heading="Here is our answer",
        paragraphs=tuple(line for line in case.answer.splitlines() if line.strip()),
        after=_quote(case.message),
        why=_wrote(),
    )


def _case_answered_line(about: About) -> BellLine:
    answer = shorten(about.answer, ANSWER_IN_BELL, placeholder=" …")
    return BellLine(f"Our answer to your message {about.number}: “{answer}”.", routes.CONTACT)


CASE_ANSWERED = Wording(
    case_answered,
    _case_answered_line,
    "We answered your message",
    CaseAnsweredFacts(
        number="418-207",
        answer="The doors open at seven, and the band begins at eight.\nHave a good evening!",
        message="The doors open at seven or at eight?",
    ),
    _EXAMPLE_ABOUT,
)


# ---- To the operator -------------------------------------------------------------------------------


class CaseWaitsFacts(Facts):
    number: str
    kind: Line
    message: Line
    reporter: Line


def case_waits(case: CaseWaitsFacts) -> Letter:
    return Letter(
        subject=f"Case {case.number}: {case.kind}",
        preheader=case.message,
        heading=f"Case {case.number} waits for an answer",
        paragraphs=(f"{case.reporter} wrote: “{case.message}”",),
        facts=(("Kind", case.kind),),
        after=(f"See and answer it with “python -m ticketing_app cases show {case.number}”",),
        why=f"This address is the operator's at {get_settings().brand_name}.",
    )


def _case_waits_line(about: About) -> BellLine:
    return BellLine(f"Case {about.number} waits for an answer.", routes.TICKET_LIST)


CASE_WAITS = Wording(
    case_waits,
    _case_waits_line,
    "A case waits for an answer",
    CaseWaitsFacts(
        number="418-207",
        kind="contact",
        message="The doors open at seven or at eight?",
        reporter="ana@example.com",
    ),
    _EXAMPLE_ABOUT,
)


# ---- Sentences that several kinds share ------------------------------------------------------------


def _quote(message: str) -> tuple[str, ...]:
    return (f"You wrote: “{message}”",) if message else ()


def _wrote() -> str:
    return f"You get this mail because you wrote to {get_settings().brand_name} with this address."
