"""REST of tickets, under /api/tickets; selling is in orders, which know who owns what was bought."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from icalendar import Calendar, Event

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.schemas import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    OwnTicketPage,
    TicketFilter,
    TicketPage,
    TicketRead,
    TicketUpdate,
)
from ticketing_app.tickets.service import find, own, tickets

CALENDAR = "text/calendar"

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

SignedIn = Annotated[Caller, Depends(auth.require_caller)]
Visitor = Annotated[Caller | None, Depends(auth.current_caller)]


@router.get("", responses=problem_responses(400))
async def list_tickets(visitor: Visitor, wanted: Annotated[TicketFilter, Query()]) -> TicketPage:
    """List what is for sale, newest first; locked tickets are included unless `available=true`.

    `q` matches words of title, venue and city, the last one from its beginning, with or without
    accents. Where no ticket has them, the nearest words that some ticket has are looked for instead,
    and `correctedQ` tells which.
    """
    async with db.transaction() as session:
        return await find.list_tickets(
            session, wanted=wanted, viewer_id=visitor.user_id if visitor else None
        )


@router.get("/mine", responses=problem_responses(400, 401))
async def list_own_tickets(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> OwnTicketPage:
    """List the caller's own listings in whatever state, newest first; `soldAt` tells since when."""
    async with db.transaction() as session:
        return await own.list_own_tickets(
            session, seller_id=caller.user_id, limit=limit, cursor=cursor
        )


@router.get("/{ticket_id}", responses=problem_responses(404))
async def get_ticket(ticket_id: str, visitor: Visitor) -> TicketRead:
    """Show a ticket."""
    found_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        return await tickets.get_ticket(
            session, ticket_id=found_id, viewer_id=visitor.user_id if visitor else None
        )


@router.get(
    "/{ticket_id}/calendar",
    response_class=Response,
    responses={**problem_responses(404), 200: {"content": {CALENDAR: {}}}},
)
async def get_calendar(ticket_id: str) -> Response:
    """Show when and where the event is, as a file for calendars (RFC 5545)."""
    found_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        ticket = await tickets.get_ticket(session, ticket_id=found_id)
    if ticket.starts_at is None or ticket.timezone is None:
        raise tickets.TicketHasNoDateError
    starts_at = ticket.starts_at.astimezone(ZoneInfo(ticket.timezone))
    headers = {"content-disposition": 'attachment; filename="event.ics"'}
    return Response(_calendar(ticket, starts_at), media_type=CALENDAR, headers=headers)


def _calendar(ticket: TicketRead, starts_at: datetime) -> bytes:
    """Write a calendar of one event without an end, which nobody told us."""
    settings = get_settings()
    event = Event.new(
        uid=f"{ticket.id}@{urlsplit(settings.public_url).hostname}",
        # A calendar that has the event already takes in what is newer.
        sequence=ticket.version,
        summary=ticket.title,
        start=starts_at,
        location=", ".join(part for part in (ticket.venue, ticket.city) if part) or None,
        url=f"{settings.public_url.rstrip('/')}{routes.ticket_detail(ticket.id)}",
        description=ticket.description,
    )
    calendar = Calendar.new(prodid=f"-//{settings.brand_name}//EN", subcomponents=[event])
    # Of the zone's rules only those of that year, not of half a century.
    first, last = date(starts_at.year, 1, 1), date(starts_at.year + 1, 1, 1)
    calendar.add_missing_timezones(first_date=first, last_date=last)
    return calendar.to_ical()


@router.put(
    "/{ticket_id}",
    responses=problem_responses(400, 401, 403, 404, 409),
    openapi_extra=body_schema(TicketUpdate),
)
async def update_ticket(ticket_id: str, request: Request, caller: SignedIn) -> TicketRead:
    """Replace a listing; optional fields that are left out are cleared."""
    own_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.require_own_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    ticket = await read_body(request, TicketUpdate)
    async with db.transaction() as session:
        return await tickets.update_ticket(
            session, seller_id=caller.user_id, ticket_id=own_id, ticket=ticket
        )


@router.delete("/{ticket_id}", status_code=204, responses=problem_responses(401, 403, 404, 409))
async def withdraw_ticket(ticket_id: str, caller: SignedIn) -> Response:
    """Take a listing off sale."""
    own_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    return Response(status_code=204)
