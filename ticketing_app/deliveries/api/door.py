"""REST of the page for the door (documents/door.py)."""

from fastapi import APIRouter, Request, Response

from ticketing_app.accounts.auth import SignedIn
from ticketing_app.core import db, formatting
from ticketing_app.core.http import client_address, parse_id, problem_responses
from ticketing_app.deliveries.schemas import DoorRead
from ticketing_app.deliveries.service import door
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.vault.schemas import Reader

CALENDAR = "text/calendar"

router = APIRouter(prefix="/api/orders/{order_id}", tags=["deliveries"])


@router.get("/door", responses=problem_responses(401, 404, 409, 410))
async def get_door(order_id: str, request: Request, caller: SignedIn) -> DoorRead:
    """Return the codes of the caller's opened tickets; phones keep the answer for the entrance.

    A phone that gets 401, 404 or 410 deletes it. `when` is written for the locale of the request.
    """
    own_id = parse_id(order_id, OrderNotFoundError)
    reader = Reader(caller.user_id, caller.session_id, client_address(request))
    with formatting.use_locale(request.headers.get("accept-language", "")):
        return await door.get_door(db.transaction, order_id=own_id, reader=reader)


@router.post("/used", status_code=204, responses=problem_responses(401, 404))
async def mark_used(order_id: str, caller: SignedIn) -> Response:
    """Record that the caller went in with their tickets; safe to repeat."""
    own_id = parse_id(order_id, OrderNotFoundError)
    async with db.transaction() as session:
        await door.mark_used(session, order_id=own_id, user_id=caller.user_id)
    return Response(status_code=204)


@router.get(
    "/calendar",
    response_class=Response,
    responses={**problem_responses(401, 404), 200: {"content": {CALENDAR: {}}}},
)
async def get_calendar(order_id: str, request: Request, caller: SignedIn) -> Response:
    """Return the event of the caller's tickets as a calendar file (RFC 5545)."""
    own_id = parse_id(order_id, OrderNotFoundError)
    with formatting.use_locale(request.headers.get("accept-language", "")):
        async with db.transaction() as session:
            content = await door.write_calendar(session, order_id=own_id, user_id=caller.user_id)
    headers = {"content-disposition": 'attachment; filename="event.ics"'}
    return Response(content, media_type=CALENDAR, headers=headers)
