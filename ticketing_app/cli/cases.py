"""Commands for messages to the operator and reports of listings."""

import argparse
import sys

from ticketing_app.cases import service
from ticketing_app.cases.schemas import CaseDetail
from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings


class EmptyAnswerError(AppError):
    message = "Write the answer behind the number, or send it to standard input."


def add_commands(commands: Commands) -> None:
    cases = commands.add_parser("cases", help="read and answer messages and reports of visitors")
    actions = cases.add_subparsers(required=True)
    listed = actions.add_parser("list", help="list cases that are not closed, newest first")
    listed.add_argument("--all", action="store_true", help="closed ones, too")
    listed.set_defaults(run=_list)
    show = actions.add_parser("show", help="print a case with its answers")
    show.add_argument("number", help="like 482-130")
    show.set_defaults(run=_show)
    answer = actions.add_parser("answer", help="send an answer to the reporter")
    answer.add_argument("number")
    answer.add_argument("text", nargs="?", help="else it is read from standard input")
    answer.set_defaults(run=_answer)
    close = actions.add_parser("close", help="close a case for good")
    close.add_argument("number")
    close.set_defaults(run=_close)


async def _list(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        found = await service.list_cases(session, are_unclosed=not options.all)
    for case in found:
        write_line(f"{_summary(case)}  {case.message.splitlines()[0][:60]}")
    if not found:
        write_line("No case is open.")


async def _show(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        case = await service.get_case(session, number=options.number)
    _print(case)


async def _answer(options: argparse.Namespace) -> None:
    text = (options.text or sys.stdin.read()).strip()
    if not text:
        raise EmptyAnswerError
    async with db.transaction() as session:
        case = await service.answer_case(session, number=options.number, message=text)
    _print(case)
    if not get_settings().has_mail:
        write_line("\nMAIL_URL is not set, so this was not mailed: write to the reporter yourself.")


async def _close(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        case = await service.close_case(session, number=options.number)
    write_line(_summary(case))


def _summary(case: CaseDetail) -> str:
    return (
        f"{case.number}  {case.created_at:%F %H:%M}  {case.status:<7}  {case.reason or case.kind}"
    )


def _print(case: CaseDetail) -> None:
    write_line(_summary(case))
    reporter = f"user {case.user_id}" if case.user_id else case.email
    write_line(f"from {' '.join(filter(None, [case.name, reporter]))}")
    for ref in case.refs:
        kind, _, found_id = ref.partition(":")
        address = (
            f"{get_settings().public_url}/tickets/{found_id}" if kind == "ticket" else found_id
        )
        write_line(f"about {kind} {address}")
    write_line(f"\n{case.message}")
    for answer in case.answers:
        write_line(f"\nanswered {answer.created_at:%F %H:%M}:\n{answer.message}")
