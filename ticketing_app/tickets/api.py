"""REST of tickets, listings and offers; selling is in orders, which know the owner of a bought ticket."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.auth import SignedIn, Visitor
from ticketing_app.core import cache, changes, db
from ticketing_app.core.cache import STALE_SECONDS, Cache, SharedBody
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.validation import without_nul
from ticketing_app.events.service import events
from ticketing_app.tickets.schemas.listings import (
    ListingRead,
    ListingUpdate,
    OfferList,
    OwnListingPage,
)
from ticketing_app.tickets.schemas.search import TicketFilter, TicketPage
from ticketing_app.tickets.schemas.tickets import OwnTicketPage
from ticketing_app.tickets.service import (
    listings,
    offers,
    promises,
    search,
    seller_listings,
    tickets,
)
from ticketing_app.tickets.service.lease import ListingNotFoundError

router = APIRouter(prefix="/api/tickets", tags=["tickets"])
listing_router = APIRouter(prefix="/api/listings", tags=["listings"])
offer_router = APIRouter(prefix="/api/events", tags=["events"])

_offers: Cache[SharedBody] = Cache(STALE_SECONDS)
_pages: Cache[SharedBody] = Cache(STALE_SECONDS)


@router.get("", response_model=TicketPage, responses=problem_responses(400, 429))
async def list_tickets(
    visitor: Visitor, wanted: Annotated[TicketFilter, Query()]
) -> TicketPage | Response:
    """List tickets for sale, newest first; locked tickets are included unless `available=true`.

    `q` matches words of title, venue and city, the last word by its prefix, with or without accents.
    If no ticket matches, the search is repeated with the closest known words: `correctedQ`.
    """
    if visitor is None and not (wanted.q or wanted.available_only or wanted.cursor):
        shared = await cache.search(_pages, wanted.model_dump_json(), partial(_make_page, wanted))
        return Response(shared.content, media_type="application/json")
    async with db.transaction() as session:
        return await search.list_tickets(
            session, wanted=wanted, viewer_id=visitor.user_id if visitor else None
        )


async def _make_page(wanted: TicketFilter) -> SharedBody:
    async with db.transaction() as session:
        page = await search.list_tickets(session, wanted=wanted)
    ids = (each for ticket in page.items for each in (ticket.id, ticket.listing_id))
    read = changes.keys(changes.OFFERS, *ids)
    content = page.model_dump_json(by_alias=True).encode()
    return SharedBody(content, read, search.find_next_change(page.items))


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


@router.delete(
    "/{ticket_id}", status_code=204, responses=problem_responses(401, 403, 404, 409, 429)
)
async def withdraw_ticket(ticket_id: str, caller: SignedIn) -> Response:
    """Take a listing off sale."""
    own_id = parse_id(ticket_id, tickets.TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.withdraw_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    return Response(status_code=204)


@listing_router.get("/mine", responses=problem_responses(400, 401))
async def list_own_listings(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> OwnListingPage:
    """List the caller's listings, and tickets without one, in any state, newest first."""
    async with db.transaction() as session:
        return await seller_listings.list_own_listings(
            session, seller_id=caller.user_id, limit=limit, cursor=cursor
        )


@listing_router.get("/{listing_id}", responses=problem_responses(404))
async def get_listing(listing_id: str, visitor: Visitor) -> ListingRead:
    """Show a listing with its seats; withdrawn ones only to its seller."""
    found_id = parse_id(listing_id, ListingNotFoundError)
    async with db.transaction() as session:
        return await listings.get_listing(
            session, listing_id=found_id, viewer_id=visitor.user_id if visitor else None
        )


@listing_router.put(
    "/{listing_id}",
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(ListingUpdate),
)
async def update_listing(listing_id: str, request: Request, caller: SignedIn) -> ListingRead:
    """Change price and description of all unsold tickets; answers 409 while one of them is held.

    With a `version`, answers 409 if the listing changed since that version.
    """
    own_id = parse_id(listing_id, ListingNotFoundError)
    async with db.transaction() as session:
        await listings.require_own_listing(session, seller_id=caller.user_id, listing_id=own_id)
    listing = await promises.keep_link(
        db.transaction, seller_id=caller.user_id, listed=await read_body(request, ListingUpdate)
    )
    async with db.transaction() as session:
        return await listings.update_listing(
            session, seller_id=caller.user_id, listing_id=own_id, listing=listing
        )


@listing_router.delete(
    "/{listing_id}", status_code=204, responses=problem_responses(401, 403, 404, 409, 429)
)
async def withdraw_listing(listing_id: str, caller: SignedIn) -> Response:
    """Take all unsold tickets of a listing off sale; answers 409 while one of them is held."""
    own_id = parse_id(listing_id, ListingNotFoundError)
    async with db.transaction() as session:
        await listings.withdraw_listing(session, seller_id=caller.user_id, listing_id=own_id)
    return Response(status_code=204)


@listing_router.post("/{listing_id}/pause", responses=problem_responses(401, 403, 404, 409, 429))
async def pause_listing(listing_id: str, caller: SignedIn) -> ListingRead:
    """Stop the sale of a listing until it is resumed; buyers who hold tickets may still pay."""
    own_id = parse_id(listing_id, ListingNotFoundError)
    async with db.transaction() as session:
        return await listings.pause_listing(session, seller_id=caller.user_id, listing_id=own_id)


@listing_router.post("/{listing_id}/resume", responses=problem_responses(401, 403, 404, 409, 429))
async def resume_listing(listing_id: str, caller: SignedIn) -> ListingRead:
    """Put a paused listing back on sale; answers 409 once the event has begun."""
    own_id = parse_id(listing_id, ListingNotFoundError)
    async with db.transaction() as session:
        return await listings.resume_listing(session, seller_id=caller.user_id, listing_id=own_id)


@offer_router.get("/{event}/listings", response_model=OfferList, responses=problem_responses(404))
async def list_event_offers(event: str, visitor: Visitor) -> OfferList | Response:
    """List the offers of an event, given by its id or slug, the cheapest first."""
    shared = await _offers.get(event, partial(_make_offers, event))
    if visitor is None or visitor.user_id not in shared.insiders:
        return Response(shared.content, media_type="application/json")
    async with db.transaction() as session:
        event_id = await _event_id(session, event)
        items = await offers.list_event_offers(
            session, event_id=event_id, viewer_id=visitor.user_id
        )
    return OfferList(items=items)


async def _make_offers(event: str) -> SharedBody:
    async with db.transaction() as session:
        event_id = await _event_id(session, event)
        found = await offers.list_public_offers(session, event_id=event_id)
    content = OfferList(items=found.items).model_dump_json(by_alias=True).encode()
    until = offers.find_next_change(found.items)
    return SharedBody(content, changes.keys(event_id), until, found.insiders)


async def _event_id(session: AsyncSession, text: str) -> UUID:
    """Read an id or a slug; of a merged event, that of the event that it is part of."""
    try:
        return (await events.get_event(session, event_id=UUID(text))).id
    except ValueError:
        pass
    try:
        return (await events.get_by_slug(session, slug=without_nul(text))).id
    except events.EventMovedError as moved:
        return (await events.get_by_slug(session, slug=moved.slug)).id
