"""REST of orders under /api/orders, and of tickets where orders decide on access."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ticketing_app.accounts.auth import SignedIn, Visitor
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.orders.rules import Choice, SeenOffer
from ticketing_app.orders.schemas import (
    ChainRead,
    GiftCreate,
    GiftRead,
    OrderCreate,
    OrderDetail,
    OrderPage,
    OrderRead,
)
from ticketing_app.orders.service import chain, gifts, hold, queries, release, sell
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketRead, TicketUpdate
from ticketing_app.tickets.service import calendar, promises, tickets
from ticketing_app.tickets.service.tickets import TicketNotFoundError

router = APIRouter(prefix="/api/orders", tags=["orders"])
selling_router = APIRouter(prefix="/api/tickets", tags=["tickets"])
listing_router = APIRouter(prefix="/api/listings", tags=["listings"])
file_router = APIRouter(prefix="/api/files", tags=["gifts"])
gift_router = APIRouter(prefix="/api/gifts", tags=["gifts"])


CALENDAR = "text/calendar"


@router.post(
    "",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(OrderCreate),
)
async def create_order(request: Request, caller: SignedIn) -> OrderRead:
    """Lock tickets for the caller, all or none.

    Send `ticketId`, or `ticketIds` of one listing, or `listingId` with a `quantity`: its best seats. `version`
    (of the ticket; with `ticketIds` or `listingId` of the listing) and `price` (per ticket) must match the
    current offer, otherwise 409. A 409 has `orderId` if the tickets are the caller's already, and `available`
    if other numbers of tickets of the listing can be bought.
    """
    body = await read_body(request, OrderCreate)
    seen = SeenOffer(body.version, body.price_cents)
    if body.listing_id and body.quantity:
        choice = Choice(body.listing_id, body.quantity)
        return await hold.create_listing_order(
            db.autocommit, buyer_id=caller.user_id, choice=choice, seen=seen
        )
    return await hold.create_order_of_tickets(
        db.autocommit, buyer_id=caller.user_id, ticket_ids=body.chosen_ids, seen=seen
    )


@router.get("", responses=problem_responses(400, 401))
async def list_orders(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> OrderPage:
    """List the caller's orders, newest first."""
    async with db.transaction() as session:
        return await queries.list_orders(
            session, buyer_id=caller.user_id, limit=limit, cursor=cursor
        )


@router.get("/{order_id}", responses=problem_responses(401, 404))
async def get_order(order_id: str, caller: SignedIn) -> OrderDetail:
    """Show one of the caller's orders with its history."""
    own_id = parse_id(order_id, OrderNotFoundError)
    async with db.transaction() as session:
        return await queries.get_order(session, buyer_id=caller.user_id, order_id=own_id)


@router.delete("/{order_id}", status_code=204, responses=problem_responses(401, 403, 404, 409))
async def cancel_order(order_id: str, caller: SignedIn) -> Response:
    """Cancel an order; its ticket is available at once."""
    own_id = parse_id(order_id, OrderNotFoundError)
    async with db.transaction() as session:
        await release.cancel_order(session, buyer_id=caller.user_id, order_id=own_id)
    return Response(status_code=204)


@selling_router.post(
    "",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(TicketCreate),
)
async def sell_ticket(request: Request, caller: SignedIn) -> TicketRead:
    """List a ticket for sale.

    With `previousTicketId` it is a ticket that the caller bought here: paid, not refunded, and not listed again
    already. After a refund it is its seller's again. If it has a file, the caller must have given a password
    or passkey within 10 minutes: otherwise 403 with the type `/problems/proof-needed`.
    """
    ticket = await promises.keep_link(
        db.transaction, seller_id=caller.user_id, listed=await read_body(request, TicketCreate)
    )
    async with db.transaction() as session:
        await sell.require_proof(session, caller=caller, listed=[ticket])
        return await sell.sell_ticket(session, seller_id=caller.user_id, ticket=ticket)


@selling_router.put(
    "/{ticket_id}",
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(TicketUpdate),
)
async def update_ticket(ticket_id: str, request: Request, caller: SignedIn) -> TicketRead:
    """Replace a listing; optional fields that are left out are cleared.

    With a `version`, answers 409 if the description changed since that version.
    """
    own_id = parse_id(ticket_id, TicketNotFoundError)
    async with db.transaction() as session:
        await tickets.require_own_ticket(session, seller_id=caller.user_id, ticket_id=own_id)
    ticket = await promises.keep_link(
        db.transaction, seller_id=caller.user_id, listed=await read_body(request, TicketUpdate)
    )
    async with db.transaction() as session:
        return await sell.update_ticket(
            session, seller_id=caller.user_id, ticket_id=own_id, ticket=ticket
        )


@listing_router.post(
    "",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(ListingCreate),
)
async def sell_listing(request: Request, caller: SignedIn) -> ListingRead:
    """List one to ten tickets at one price each, all or none.

    `previousTicketIds` are tickets that the caller bought here, one for each seat, as in `POST /api/tickets`.
    """
    listing = await promises.keep_link(
        db.transaction, seller_id=caller.user_id, listed=await read_body(request, ListingCreate)
    )
    async with db.transaction() as session:
        await sell.require_proof(session, caller=caller, listed=[listing])
        return await sell.sell_listing(session, seller_id=caller.user_id, listing=listing)


@selling_router.get("/{ticket_id}", responses=problem_responses(404))
async def get_ticket(ticket_id: str, visitor: Visitor) -> TicketRead:
    """Show a ticket; a withdrawn one only to its seller and to buyers with an order of it."""
    return await _get_ticket(ticket_id, visitor)


@selling_router.get("/{ticket_id}/chain", responses=problem_responses(404))
async def get_chain(ticket_id: str, visitor: Visitor) -> ChainRead:
    """Show the owners of a ticket that is listed again, without names, and whether one opened its file."""
    parsed_id = parse_id(ticket_id, TicketNotFoundError)
    async with db.transaction() as session:
        return await chain.get_chain(
            session, ticket_id=parsed_id, viewer_id=visitor.user_id if visitor else None
        )


@selling_router.get(
    "/{ticket_id}/calendar",
    response_class=Response,
    responses={**problem_responses(404), 200: {"content": {CALENDAR: {}}}},
)
async def get_calendar(ticket_id: str, visitor: Visitor) -> Response:
    """Return date and place of the event as a calendar file (RFC 5545)."""
    ticket = await _get_ticket(ticket_id, visitor)
    headers = {"content-disposition": 'attachment; filename="event.ics"'}
    return Response(calendar.write(ticket), media_type=CALENDAR, headers=headers)


@file_router.post(
    "/{file_id}/gift",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 429),
    openapi_extra=body_schema(GiftCreate),
)
async def offer_gift(file_id: str, request: Request, caller: SignedIn) -> GiftRead:
    """Offer a ticket that the caller bought, or was given, to the account of a friend.

    The friend gets a mail, with or without an account, and has 72 hours to take the ticket. Until then it can
    not be opened, listed or offered again; the caller can withdraw the offer.
    """
    own_id = parse_id(file_id, gifts.FileNotFoundForGiftError)
    body = await read_body(request, GiftCreate)
    async with db.transaction() as session:
        return await gifts.offer_gift(
            session, from_id=caller.user_id, file_id=own_id, email=body.email
        )


@gift_router.get("/{gift_id}", responses=problem_responses(401, 404))
async def get_gift(gift_id: str, caller: SignedIn) -> GiftRead:
    """Show a gift to its giver, and to the account with its address."""
    found_id = parse_id(gift_id, gifts.GiftNotFoundError)
    async with db.transaction() as session:
        return await gifts.get_gift(session, gift_id=found_id, viewer_id=caller.user_id)


@gift_router.post("/{gift_id}/take", responses=problem_responses(401, 403, 404, 409))
async def take_gift(gift_id: str, caller: SignedIn) -> GiftRead:
    """Take a ticket; the address of the caller's account has to be that of the offer, and confirmed."""
    found_id = parse_id(gift_id, gifts.GiftNotFoundError)
    async with db.transaction() as session:
        return await gifts.take_gift(session, gift_id=found_id, user_id=caller.user_id)


@gift_router.post("/{gift_id}/decline", responses=problem_responses(401, 404, 409))
async def decline_gift(gift_id: str, caller: SignedIn) -> GiftRead:
    """Refuse a ticket; its giver has it again."""
    found_id = parse_id(gift_id, gifts.GiftNotFoundError)
    async with db.transaction() as session:
        return await gifts.decline_gift(session, gift_id=found_id, user_id=caller.user_id)


@gift_router.post("/{gift_id}/withdraw", responses=problem_responses(401, 404, 409))
async def withdraw_gift(gift_id: str, caller: SignedIn) -> GiftRead:
    """Take an offer back that nobody has taken yet."""
    found_id = parse_id(gift_id, gifts.GiftNotFoundError)
    async with db.transaction() as session:
        return await gifts.withdraw_gift(session, gift_id=found_id, user_id=caller.user_id)


async def _get_ticket(ticket_id: str, visitor: Caller | None) -> TicketRead:
    parsed_id = parse_id(ticket_id, TicketNotFoundError)
    viewer_id = visitor.user_id if visitor else None
    async with db.transaction() as session:
        return await queries.get_ticket(session, ticket_id=parsed_id, viewer_id=viewer_id)
