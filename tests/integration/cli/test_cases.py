"""`python -m ticketing_app cases`."""

from collections.abc import Callable
from io import StringIO

import pytest

from tests import factories
from tests.integration.cli.command_line import run
from ticketing_app.cases import service
from ticketing_app.cases.rules import Reason
from ticketing_app.cases.schemas import CaseCreate
from ticketing_app.core import db

pytestmark = pytest.mark.usefixtures("database")


async def report() -> str:
    ticket = await factories.make_ticket()
    case = CaseCreate(
        message="Row Z does not exist.\nThe hall ends at row W.",
        email="zoe@example.com",
        name="Zoe",
        subject_id=ticket.id,
        reason=Reason.WRONG,
    )
    async with db.transaction() as session:
        return (await service.open_case(session, case=case)).number


async def test_lists_shows_answers_and_closes(
    monkeypatch: pytest.MonkeyPatch, change_settings: Callable[..., None]
) -> None:
    change_settings(mail_url="")
    number = await report()
    _, out, _ = await run("cases", "list")
    [line] = out.splitlines()
    assert line.startswith(number)
    assert line.endswith("open     wrong  Row Z does not exist.")
    _, out, _ = await run("cases", "show", number)
    for text in ("from Zoe zoe@example.com", "/tickets/", "about user ", "ends at row W."):
        assert text in out
    _, out, _ = await run("cases", "answer", number, "Thank you, it is gone.")
    assert "Thank you, it is gone." in out
    assert "MAIL_URL is not set" in out
    monkeypatch.setattr("sys.stdin", StringIO("One more thing.\n"))
    code, out, _ = await run("cases", "answer", number)
    assert (code, out.count("answered")) == (0, 2)
    _, out, _ = await run("cases", "close", number.replace("-", ""))
    assert "closed" in out
    assert (await run("cases", "list"))[1] == "No case is open.\n"
    assert number in (await run("cases", "list", "--all"))[1]


async def test_refuses_what_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(" \n"))
    refused = [
        await run("cases", "show", "000-000"),
        await run("cases", "close", "x"),
        await run("cases", "answer", await report()),
    ]
    assert [(code, err) for code, _, err in refused] == [
        (1, "There is no case with this number.\n"),
        (1, "There is no case with this number.\n"),
        (1, "Write the answer behind the number, or send it to standard input.\n"),
    ]
