"""REST of deliveries under /api/deliveries and /api/orders/{id}/delivery."""

from fastapi import APIRouter, Request, Response

from ticketing_app.accounts.auth import FreshCaller, SignedIn
from ticketing_app.core import db, http
from ticketing_app.core.downloads import file_response
from ticketing_app.core.http import parse_id, problem_responses
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.deliveries.service import opening, queries
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.vault.schemas import Reader

router = APIRouter(prefix="/api", tags=["deliveries"])


@router.get("/orders/{order_id}/delivery", responses=problem_responses(401, 404))
async def get_delivery_of_order(order_id: str, caller: SignedIn) -> DeliveryRead:
    """Show how the tickets of a paid order reach their buyer, to both sides."""
    own_id = parse_id(order_id, DeliveryNotFoundError)
    async with db.transaction() as session:
        return await queries.get_delivery(session, order_id=own_id, viewer_id=caller.user_id)


@router.get("/deliveries/{delivery_id}", responses=problem_responses(401, 404))
async def get_delivery(delivery_id: str, caller: SignedIn) -> DeliveryRead:
    """Show a delivery to both sides."""
    own_id = parse_id(delivery_id, DeliveryNotFoundError)
    async with db.transaction() as session:
        return await queries.get_by_id(session, delivery_id=own_id, viewer_id=caller.user_id)


@router.post("/deliveries/{delivery_id}/open", responses=problem_responses(401, 403, 404, 409))
async def open_delivery(request: Request, delivery_id: str, caller: FreshCaller) -> DeliveryRead:
    """Break the seal of the caller's tickets, for good; later buyers see it. Safe to repeat."""
    own_id = parse_id(delivery_id, DeliveryNotFoundError)
    reader = Reader(caller.user_id, caller.session_id, http.client_address(request))
    async with db.transaction() as session:
        return await opening.open_delivery(session, delivery_id=own_id, reader=reader)


@router.get(
    "/deliveries/{delivery_id}/parts/{part}",
    response_class=Response,
    responses=problem_responses(401, 403, 404, 409, 410)
    | {
        200: {
            "content": {kind: {} for kind in opening.EXTENSIONS},
            "description": "The bytes, with their own media type.",
        },
        206: {"description": "A range of them."},
        416: {"description": "No such range."},
    },
)
async def read_part(request: Request, delivery_id: str, part: str, caller: FreshCaller) -> Response:
    """Download an opened ticket: part `1` is the first one, `1-code-2` its second barcode as SVG."""
    own_id = parse_id(delivery_id, DeliveryNotFoundError)
    reader = Reader(caller.user_id, caller.session_id, http.client_address(request))
    found = await opening.read_part(db.transaction, delivery_id=own_id, part=part, reader=reader)
    return file_response(
        request,
        found.content,
        media_type=found.media_type,
        name=found.name,
        digest=found.digest,
    )
