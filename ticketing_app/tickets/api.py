"""REST under /api/tickets; selling is in orders, which know the owner of a bought ticket."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ticketing_app.accounts.auth import SignedIn, Visitor
from ticketing_app.core import db
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.tickets.schemas import (
    OwnTicketPage,
    TicketFilter,
    TicketPage,
    TicketRead,
    TicketUpdate,
)
from ticketing_app.tickets.service import search, seller_listings, tickets

router = APIRouter(prefix="/api/tickets", tags=["tickets"])


@router.get("", responses=problem_responses(400, 429))
async def list_tickets(visitor: Visitor, wanted: Annotated[TicketFilter, Query()]) -> TicketPage:
    """List tickets for sale, newest first; locked tickets are included unless `available=true`.

    `q` matches words of title, venue and city, the last word by its prefix, with or without accents.
    If no ticket matches, the search is repeated with the closest known words: `correctedQ`.
    """
    async with db.transaction() as session:
        return await search.list_tickets(
            session, wanted=wanted, viewer_id=visitor.user_id if visitor else None
        )


@router.get("/mine", responses=problem_responses(400, 401))
async def list_own_tickets(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> OwnTicketPage:
    """List the caller's listings in any state, newest first; `soldAt` is the time of the sale."""
    async with db.transaction() as session:
        return await seller_listings.list_own_tickets(
            session, seller_id=caller.user_id, limit=limit, cursor=cursor
        )


@router.put(
    "/{ticket_id}",
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(TicketUpdate),
)
async def update_ticket(ticket_id: str, request: Request, caller: SignedIn) -> TicketRead:
    """Replace a listing; optional fields that are left out are cleared.

    With a `version`, answers 409 if the description changed since that version.
    """
    own_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.require_own_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    ticket = await read_body(request, TicketUpdate)
    async with db.transaction() as session:
        return await tickets.update_ticket(
            session, seller_id=caller.user_id, ticket_id=own_id, ticket=ticket
        )


@router.delete(
    "/{ticket_id}", status_code=204, responses=problem_responses(401, 403, 404, 409, 429)
)
async def withdraw_ticket(ticket_id: str, caller: SignedIn) -> Response:
    """Take a listing off sale."""
    own_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    return Response(status_code=204)
