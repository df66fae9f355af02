"""REST of notices, under /api/notices, and the reports of mail providers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ticketing_app.accounts.auth import SignedIn
from ticketing_app.core import db, http
from ticketing_app.core.http import body_schema, problem_responses, read_body
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.notices.gateway import reports
from ticketing_app.notices.schemas import NoticePage, NoticesUpTo
from ticketing_app.notices.service import reading, reporting

router = APIRouter(prefix="/api/notices", tags=["notices"])
mail_router = APIRouter(prefix="/api/mail", tags=["notices"])


@router.get("", responses=problem_responses(400, 401))
async def list_notices(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> NoticePage:
    """List the caller's notices, newest first; `path` leads to the page that a notice is about."""
    async with db.transaction() as session:
        return await reading.list_notices(
            session, user_id=caller.user_id, limit=limit, cursor=cursor
        )


@router.post(
    "/read",
    status_code=204,
    responses=problem_responses(400, 401, 403),
    openapi_extra=body_schema(NoticesUpTo),
)
async def mark_read(request: Request, caller: SignedIn) -> Response:
    """Mark the caller's notices up to this one, from the oldest on, as read."""
    wanted = await read_body(request, NoticesUpTo)
    async with db.transaction() as session:
        await reading.mark_read_up_to(session, user_id=caller.user_id, up_to=wanted.up_to)
    return Response(status_code=204)


@mail_router.post(
    "/events/{provider}",
    status_code=204,
    responses=problem_responses(400, 401, 404),
    openapi_extra=http.ANY_JSON_BODY,
)
async def receive_report(provider: str, request: Request) -> None:
    """Take a mail provider's report of a delivery, a bounce or a complaint."""
    reports.require_secret(request.headers.get("authorization", ""))
    report = reports.read_report(provider, await http.read_bytes(request))
    if report:
        async with db.transaction() as session:
            await reporting.record_report(session, report=report)
