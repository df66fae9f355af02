"""REST of uploaded tickets, until they are sold; afterwards their buyers read them by the delivery."""

from typing import Any

from fastapi import APIRouter, Request, Response

from ticketing_app.accounts.auth import SignedIn
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db, limits, uploads
from ticketing_app.core.downloads import file_response
from ticketing_app.core.http import parse_id, problem_responses
from ticketing_app.vault import rules
from ticketing_app.vault.schemas import Reader, UploadRead
from ticketing_app.vault.service import erasure, reading
from ticketing_app.vault.service import uploads as files
from ticketing_app.vault.service.reading import FileMissingError

PATH = "/api/files"
RAW_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

router = APIRouter(prefix=PATH, tags=["files"])


@router.post(
    "", status_code=201, responses=problem_responses(400, 401, 413, 429), openapi_extra=RAW_BODY
)
async def upload_file(request: Request, caller: SignedIn) -> UploadRead:
    """Upload a PDF, picture or Apple Wallet pass as the raw body; returns its tickets and their facts."""
    uploads.require_length(request, max_bytes=rules.MAX_UPLOAD_BYTES)
    await limits.check("uploads", account=caller.user_id)
    data = await uploads.read(request, max_bytes=rules.MAX_UPLOAD_BYTES)
    return await files.take(db.transaction, owner_id=caller.user_id, data=data)


@router.get(
    "/{file_id}/pages/{number}",
    response_class=Response,
    responses=problem_responses(401, 404, 410)
    | {200: {"content": {"image/webp": {}}, "description": "The page as a picture."}},
)
async def get_page(request: Request, file_id: str, number: str, caller: SignedIn) -> Response:
    """Return a preview of a page of the caller's upload, while it is not sold."""
    page = await reading.read_preview(
        db.transaction,
        file_id=parse_id(file_id, FileMissingError),
        part=f"page-{number}",
        reader=_reader(caller),
    )
    return file_response(
        request,
        page.content,
        media_type=page.media_type,
        name=f"page-{number}.webp",
        digest=page.digest,
    )


@router.delete("/{file_id}", status_code=204, responses=problem_responses(401, 404, 409))
async def delete_file(file_id: str, caller: SignedIn) -> None:
    """Erase an upload that belongs to no listing."""
    own_id = parse_id(file_id, FileMissingError)
    await erasure.erase_upload(db.transaction, owner_id=caller.user_id, file_id=own_id)


def _reader(caller: Caller) -> Reader:
    return Reader(caller.user_id, caller.session_id, limits.client_address())
