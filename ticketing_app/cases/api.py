"""REST of cases: messages to the operator, and reports of listings."""

from fastapi import APIRouter, Request

from ticketing_app.accounts.auth import SignedIn, Visitor
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseCreate, CaseList, CaseRead
from ticketing_app.core import db
from ticketing_app.core.http import body_schema, problem_responses, read_body

router = APIRouter(prefix="/api/cases", tags=["cases"])


@router.post(
    "",
    status_code=201,
    responses=problem_responses(400, 403, 404, 429),
    openapi_extra=body_schema(CaseCreate),
)
async def open_case(request: Request, caller: Visitor) -> CaseRead:
    """Write to the operator, or report a ticket or listing by its `subjectId`; visitors send an `email`."""
    case = await read_body(request, CaseCreate)
    async with db.transaction() as session:
        return await cases.open_case(session, case=case, user_id=caller.user_id if caller else None)


@router.get("", responses=problem_responses(401))
async def list_own_cases(caller: SignedIn) -> CaseList:
    """List the caller's cases with their answers, newest first."""
    async with db.transaction() as session:
        found = await cases.list_cases(session, user_id=caller.user_id)
    return CaseList(items=[CaseRead.model_validate(case.model_dump()) for case in found])
