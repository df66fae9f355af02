"""REST under /api/events, /api/venues and /api/cities."""

import re
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from ticketing_app.accounts.auth import SignedIn
from ticketing_app.core import cache, changes, db
from ticketing_app.core.cache import STALE_SECONDS, Cache, SharedBody
from ticketing_app.core.http import body_schema, problem_responses, read_body
from ticketing_app.core.validation import SearchText, read_uuid
from ticketing_app.events.schemas import (
    Q_MAX_LENGTH,
    CityList,
    EventCreate,
    EventFilter,
    EventPage,
    EventRead,
    VenueList,
)
from ticketing_app.events.service import calendar, cities, events, search, venues

router = APIRouter(prefix="/api/events", tags=["events"])
places_router = APIRouter(prefix="/api", tags=["events"])

_pages: Cache[SharedBody] = Cache(STALE_SECONDS)

CALENDAR = "text/calendar"
SLUG = re.compile("[a-z0-9-]{1,200}")
FOUND: dict[int | str, dict[str, Any]] = {
    HTTPStatus.OK: {"model": EventRead, "description": "The event was there already."}
}
MOVED: dict[int | str, dict[str, Any]] = {
    HTTPStatus.MOVED_PERMANENTLY: {
        "description": "The event was merged into another one.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}
Typed = Annotated[SearchText, Query(max_length=Q_MAX_LENGTH)]


@router.get("", response_model=EventPage, responses=problem_responses(400, 429))
async def list_events(wanted: Annotated[EventFilter, Query()]) -> EventPage | Response:
    """List upcoming events, the soonest first; cancelled ones are left out.

    `q` matches words of title, venue and city, the last word by its prefix, with or without accents.
    If no event matches, similar titles are found. `city` may be any name of the city.
    """
    if not (wanted.q or wanted.cursor):
        shared = await cache.search(_pages, wanted.model_dump_json(), partial(_make_page, wanted))
        return Response(shared.content, media_type="application/json")
    async with db.transaction() as session:
        return await search.list_events(session, wanted=wanted)


async def _make_page(wanted: EventFilter) -> SharedBody:
    async with db.transaction() as session:
        page = await search.list_events(session, wanted=wanted)
    # Changes of any event are changes of everything.
    until = min((event.starts_at for event in page.items), default=None)
    return SharedBody(page.model_dump_json(by_alias=True).encode(), changes.keys(), until)


@router.post(
    "",
    status_code=201,
    responses=FOUND | problem_responses(400, 401, 404, 429),
    openapi_extra=body_schema(EventCreate),
)
async def find_or_create_event(request: Request, response: Response, caller: SignedIn) -> EventRead:
    """Find the event with this title, venue and local start (200), or create it (201).

    `startsLocal` has no offset: the venue decides on the time zone. A time that occurs twice is the first
    one; a time that the clocks skip moves on by the gap. A new venue takes its place from the city.
    """
    body = await read_body(request, EventCreate)
    async with db.transaction() as session:
        found = await events.find_or_create_event(session, creator_id=caller.user_id, event=body)
    if not found.is_new:
        response.status_code = HTTPStatus.OK
    return found.event


@router.get("/{event}", response_model=EventRead, responses=MOVED | problem_responses(404))
async def get_event(event: str) -> EventRead | Response:
    """Show an event by its id or slug; a merged one redirects to the event that it is part of."""
    try:
        return await _get(event)
    except events.EventMovedError as moved:
        address = f"{router.prefix}/{moved.slug}"
        return RedirectResponse(address, HTTPStatus.MOVED_PERMANENTLY)


@router.get(
    "/{event}/calendar",
    response_class=Response,
    responses={**MOVED, **problem_responses(404), 200: {"content": {CALENDAR: {}}}},
)
async def get_calendar(event: str) -> Response:
    """Return time and place of an event as a calendar file (RFC 5545)."""
    try:
        found = await _get(event)
    except events.EventMovedError as moved:
        address = f"{router.prefix}/{moved.slug}/calendar"
        return RedirectResponse(address, HTTPStatus.MOVED_PERMANENTLY)
    headers = {"content-disposition": 'attachment; filename="event.ics"'}
    return Response(calendar.write(found), media_type=CALENDAR, headers=headers)


async def _get(text: str) -> EventRead:
    async with db.transaction() as session:
        if (event_id := read_uuid(text)) is None:
            if not SLUG.fullmatch(text):
                raise events.EventNotFoundError
            return await events.get_by_slug(session, slug=text)
        found = await events.get_event(session, event_id=event_id)
    if found.id != event_id:
        raise events.EventMovedError(found.slug)
    return found


@places_router.get("/venues", responses=problem_responses(400, 429))
async def suggest_venues(q: Typed = "") -> VenueList:
    """Suggest venues with a name like `q`, the most similar first."""
    async with db.transaction() as session:
        return VenueList(items=await venues.suggest_venues(session, text=q))


@places_router.get("/cities", responses=problem_responses(400, 429))
async def suggest_cities(q: Typed = "") -> CityList:
    """Suggest cities with a name that begins with `q`, the biggest first; other names count, too."""
    async with db.transaction() as session:
        return CityList(items=await cities.suggest_cities(session, text=q))
