"""Deliberate bugs in cases, their mails, and the help pages."""

from tests.deliberate_bugs.mutant import APP, Mutant

CASES = f"{APP}/cases/service.py"
CASE_TESTS = "tests/integration/cases/test_cases.py"

MUTANTS = (
    Mutant(
        0,
        "an answered case has no answer",
        ((CASES, "repository.add(session, CaseAnswer(case_id=row.id, message=message))", "pass"),),
        f"{CASE_TESTS}::TestAnswerCase",
    ),
    Mutant(
        0,
        "the form of a report shows the title of a withdrawn ticket",
        (
            (
                CASES,
                '"" if ticket.status is Availability.WITHDRAWN else ticket.title',
                "ticket.title",
            ),
        ),
        f"{CASE_TESTS}::TestReport",
    ),
    Mutant(
        0,
        "the contact form mails any text to a stranger",
        (
            (
                f"{APP}/notices/service/case_notices.py",
                '"case_received", {"number": event.number}',
                '"case_received", {"number": event.number, "message": event.message}',
            ),
        ),
        "tests/integration/notices/test_cases.py",
    ),
    Mutant(
        0,
        "a text of the operator becomes a script of the page",
        ((f"{APP}/ui/content/articles.py", '{"html": False}', '{"html": True}'),),
        "tests/ui/test_content.py::TestOperatorsFolder",
    ),
)
