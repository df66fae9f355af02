"""Answers of the forms to write to the operator and to report a listing."""

import re
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseCreate
from ticketing_app.core import http
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.content.contact import (
    TRAP,
    FormValues,
    Reported,
    contact_content,
    received_content,
    report_content,
)
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.shell import forms

TRAPPED = (
    "Something filled in a field that people do not see. We emptied it again: please press Send."
)


async def load_contact(query: QueryParams) -> PageContent:
    number = query.get(routes.NUMBER, "")
    is_received = re.fullmatch(r"\d{3}-\d{3}", number)
    content = received_content(number) if is_received else contact_content(FormValues())
    return PageContent(html=static_html.render(content))


async def load_report(_query: QueryParams, *, subject_id: UUID) -> PageContent:
    reported = await _find(subject_id)
    return PageContent(html=static_html.render(report_content(reported, FormValues())))


async def contact(request: Request) -> Response | PageContent:
    return await _answer(request, None)


async def report(request: Request, *, subject_id: str) -> Response | PageContent:
    found_id = http.parse_id(subject_id, cases.SubjectNotFoundError)
    return await _answer(request, await _find(found_id))


async def _find(subject_id: UUID) -> Reported:
    subject = await transactions.in_transaction(cases.find_subject, subject_id=subject_id)
    return Reported(subject_id, subject.title)


async def _answer(request: Request, reported: Reported | None) -> Response | PageContent:
    """Lead to the number of the new case; a refused form comes back with all that was typed."""
    typed: dict[str, str] = {}
    try:
        typed = await forms.read(request)
        if typed.get(TRAP):
            raise InvalidInputError([(None, TRAPPED)])
        subject = {"subjectId": str(reported.subject_id)} if reported else {}
        case = transactions.parse(CaseCreate, {"message": "", **typed, **subject})
        with transactions.translate_outages():
            caller = await auth.current_caller(request)
        opened = await transactions.in_transaction(
            cases.open_case, case=case, user_id=caller.user_id if caller else None
        )
    except AppError as error:
        values = FormValues(typed, forms.messages(error))
        content = report_content(reported, values) if reported else contact_content(values)
        return forms.refused(error, content)
    return forms.see_other(routes.case_received(opened.number))
