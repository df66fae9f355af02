"""Use cases of cases."""

import secrets
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.cases import repository, rules
from ticketing_app.cases.models import Case, CaseAnswer
from ticketing_app.cases.rules import CaseStatus
from ticketing_app.cases.schemas import CaseCreate, CaseDetail, CaseRead, Subject
from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import CaseChanged, CaseOpened
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.service import listings, tickets
from ticketing_app.tickets.service.lease import ListingNotFoundError
from ticketing_app.tickets.service.tickets import TicketNotFoundError

CASES_SHOWN = 200
# After a case was closed.
KEPT_DAYS = 3 * 365
# Fields of the domain events of a case that tell who its reporter is.
PERSONAL = ("email", "message", "answer")


class CaseNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "There is no case with this number."


class CaseClosedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This case is closed."


class SubjectNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this listing. It may be gone already; you can still write to us."


async def find_subject(session: AsyncSession, *, subject_id: UUID) -> Subject:
    """Return the ticket, or the first ticket of the listing, with this id; raises SubjectNotFoundError."""
    try:
        ticket = await tickets.get_ticket(session, ticket_id=subject_id)
    except TicketNotFoundError:
        try:
            listing = await listings.get_listing(session, listing_id=subject_id)
        except ListingNotFoundError:
            raise SubjectNotFoundError from None
        ticket = await tickets.get_ticket(session, ticket_id=listing.seats[0].ticket_id)
    ids = {"ticket": ticket.id, "listing": ticket.listing_id, "user": ticket.seller_id}
    return Subject(
        refs=[f"{name}:{found}" for name, found in ids.items() if found],
        title="" if ticket.status is Availability.WITHDRAWN else ticket.title,
    )


async def open_case(
    session: AsyncSession, *, case: CaseCreate, user_id: UUID | None = None
) -> CaseRead:
    """Store a message or a report of a user or a visitor.

    Raises:
        SubjectNotFoundError: no ticket and no listing has this `subject_id`.
        InvalidInputError: an answer is impossible, or the report lacks a reason or what the law asks for.
        TooManyRequestsError: too many messages of this person or address.
    """
    subject = await find_subject(session, subject_id=case.subject_id) if case.subject_id else None
    reason = case.reason if subject else None
    if gaps := _find_gaps(case, reason, is_report=subject is not None, is_user=user_id is not None):
        raise InvalidInputError(gaps)
    email = "" if user_id else case.email or ""
    await limits.check("cases", account=user_id or email)
    row = Case(
        number=await _draw_number(session),
        kind=rules.kind_of(reason),
        reason=reason or "",
        refs=subject.refs if subject else [],
        user_id=user_id,
        email=email,
        name=case.name or "",
        message=case.message,
    )
    repository.add(session, row)
    await session.flush()
    outbox.record(session, CaseOpened(**_event_fields(row)))
    return CaseRead(**_fields(row, []))


def _find_gaps(
    case: CaseCreate, reason: rules.Reason | None, *, is_report: bool, is_user: bool
) -> list[tuple[str | None, str]]:
    is_illegal = reason is rules.Reason.ILLEGAL
    gaps = [
        (is_report and not reason, "reason", "Please choose what is wrong."),
        (not case.message, "message", "Please write what this is about."),
        (is_illegal and not case.name, "name", "A report of illegal content needs your name."),
        (not is_user and not case.email, "email", "We need your e-mail to answer you."),
        (
            is_illegal and not case.is_in_good_faith,
            "isInGoodFaith",
            "Please confirm this sentence.",
        ),
    ]
    return [(field, sentence) for is_missing, field, sentence in gaps if is_missing]


async def _draw_number(session: AsyncSession) -> str:
    """Draw a random number that is free: numbers in order would reveal how many cases there are."""
    while True:
        number = str(secrets.randbelow(9 * 10**5) + 10**5)
        if not await repository.get_by_number(session, number):
            return number


async def answer_case(session: AsyncSession, *, number: str, message: str) -> CaseDetail:
    """Answer the reporter; raises CaseNotFoundError and CaseClosedError."""
    row = await _get_open(session, number)
    repository.add(session, CaseAnswer(case_id=row.id, message=message))
    row.status = CaseStatus.WAITING
    return await _save(session, row, answer=message)


async def close_case(session: AsyncSession, *, number: str) -> CaseDetail:
    """Close a case for good; raises CaseNotFoundError and CaseClosedError."""
    row = await _get_open(session, number)
    row.status = CaseStatus.CLOSED
    row.closed_at = utc_now()
    return await _save(session, row)


async def get_case(session: AsyncSession, *, number: str) -> CaseDetail:
    return await _read(session, await _get(session, number))


async def list_cases(
    session: AsyncSession, *, user_id: UUID | None = None, are_unclosed: bool = False
) -> list[CaseDetail]:
    """Return cases with their answers, of this user or of all, the newest first."""
    rows = await repository.list_cases(
        session, limit=CASES_SHOWN, user_id=user_id, are_unclosed=are_unclosed
    )
    answers = await repository.list_answers(session, [row.id for row in rows])
    return [CaseDetail(**_fields(row, answers)) for row in rows]


async def _get(session: AsyncSession, number: str, *, for_update: bool = False) -> Case:
    digits = rules.read_number(number)
    row = await repository.get_by_number(session, digits, for_update=for_update)
    if row is None:
        raise CaseNotFoundError
    return row


async def erase(session: AsyncSession, *, user_id: UUID, address: str) -> None:
    """Erase who wrote the cases of this user, or of this address, and what; their numbers stay."""
    for case_id in await repository.erase(session, user_id=user_id, address=address):
        await outbox.erase(session, aggregate_id=case_id, names=PERSONAL)


async def delete_old(session: AsyncSession, limit: int) -> int:
    return await repository.delete_old(session, days=KEPT_DAYS, limit=limit)


async def _get_open(session: AsyncSession, number: str) -> Case:
    row = await _get(session, number, for_update=True)
    if row.status == CaseStatus.CLOSED:
        raise CaseClosedError
    return row


async def _save(session: AsyncSession, row: Case, *, answer: str = "") -> CaseDetail:
    row.version += 1
    await session.flush()
    outbox.record(session, CaseChanged(**_event_fields(row), status=row.status, answer=answer))
    return await _read(session, row)


async def _read(session: AsyncSession, row: Case) -> CaseDetail:
    return CaseDetail(**_fields(row, await repository.list_answers(session, [row.id])))


def _event_fields(row: Case) -> dict[str, Any]:
    fields = row.model_dump(include={"kind", "user_id", "email", "message"})
    number = rules.format_number(row.number)
    return {"case_id": row.id, "case_version": row.version, "number": number, **fields}


def _fields(row: Case, answers: list[CaseAnswer]) -> dict[str, Any]:
    return row.model_dump() | {
        "number": rules.format_number(row.number),
        "answers": [answer.model_dump() for answer in answers if answer.case_id == row.id],
    }
