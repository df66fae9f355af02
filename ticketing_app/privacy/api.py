"""REST of leaving: the export of one's data, and the end of the account."""

from fastapi import APIRouter, Response

from ticketing_app.accounts import auth
from ticketing_app.accounts.auth import FreshCaller, SignedIn
from ticketing_app.core import db
from ticketing_app.core.http import parse_id, problem_responses
from ticketing_app.privacy.schemas import DeletionRead, ExportList, ExportRead
from ticketing_app.privacy.service import deletion, export

router = APIRouter(prefix="/api/users", tags=["users"])


@router.post("/exports", status_code=202, responses=problem_responses(401, 403, 429))
async def request_export(caller: FreshCaller) -> ExportRead:
    """Collect everything that the account has; a mail comes when it is ready."""
    async with db.transaction() as session:
        return await export.request_export(session, user_id=caller.user_id)


@router.get("/exports", responses=problem_responses(401))
async def list_exports(caller: SignedIn) -> ExportList:
    """List the exports that have not expired, newest first."""
    async with db.transaction() as session:
        return ExportList(items=await export.list_exports(session, user_id=caller.user_id))


@router.get(
    "/exports/{export_id}",
    response_class=Response,
    responses=problem_responses(401, 403, 404)
    | {200: {"content": {"application/zip": {}}, "description": "The ZIP."}},
)
async def download_export(export_id: str, caller: FreshCaller) -> Response:
    """Return the ZIP of an export."""
    own_id = parse_id(export_id, export.ExportNotFoundError)
    async with db.transaction() as session:
        content = await export.read_export(session, user_id=caller.user_id, export_id=own_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{export.FILE_NAME}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)


@router.delete("/currentuser", status_code=202, responses=problem_responses(401, 403, 409))
async def delete_account(caller: FreshCaller, response: Response) -> DeletionRead:
    """Take the listings off sale, sign out everywhere, and erase the account after 14 days."""
    async with db.transaction() as session:
        asked = await deletion.request_deletion(session, caller=caller)
    auth.clear_browser(response)
    return asked
