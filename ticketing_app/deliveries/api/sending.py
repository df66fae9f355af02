"""REST of tickets that the seller sends after the sale, and of the buyer's address at their issuer."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import APIRouter, Request

from ticketing_app.accounts.auth import SignedIn, require_fresh_caller
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db
from ticketing_app.core.http import body_schema, parse_id, problem_responses, read_body
from ticketing_app.deliveries.schemas import (
    AddressRead,
    AddressUpdate,
    DeliveryRead,
    FilesHandedOver,
    ProofGiven,
)
from ticketing_app.deliveries.service import addresses, late, queries, sides, transfers
from ticketing_app.deliveries.service.addresses import AddressNotFoundError
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.deliveries.service.sides import Side
from ticketing_app.orders.service.access import OrderNotFoundError

router = APIRouter(prefix="/api/deliveries/{delivery_id}", tags=["deliveries"])
address_router = APIRouter(prefix="/api/orders/{order_id}/address", tags=["deliveries"])


@router.post(
    "/sent",
    responses=problem_responses(400, 401, 403, 404, 409),
    openapi_extra=body_schema(ProofGiven),
)
async def send(delivery_id: str, request: Request, caller: SignedIn) -> DeliveryRead:
    """Record that the seller transferred the tickets, with an uploaded screenshot or a confirmation number."""
    own_id = await _require_side(delivery_id, caller, "seller")
    proof = await read_body(request, ProofGiven)
    async with db.transaction() as session:
        await transfers.send(session, delivery_id=own_id, seller_id=caller.user_id, proof=proof)
        return await queries.get_by_id(session, delivery_id=own_id, viewer_id=caller.user_id)


@router.post(
    "/hand-over",
    responses=problem_responses(400, 401, 403, 404, 409),
    openapi_extra=body_schema(FilesHandedOver),
)
async def hand_over(delivery_id: str, request: Request, caller: SignedIn) -> DeliveryRead:
    """Give the buyer the uploaded file of each ticket, in the order of the items of the order."""
    own_id = await _require_side(delivery_id, caller, "seller")
    files = await read_body(request, FilesHandedOver)
    async with db.transaction() as session:
        await transfers.hand_over(
            session, delivery_id=own_id, seller_id=caller.user_id, files=files
        )
        return await queries.get_by_id(session, delivery_id=own_id, viewer_id=caller.user_id)


@router.post("/confirm", responses=problem_responses(401, 403, 404, 409))
async def confirm(delivery_id: str, caller: SignedIn) -> DeliveryRead:
    """Record that the buyer has the tickets; safe to repeat."""
    return await _act(delivery_id, caller, transfers.confirm)


@router.post("/wait", responses=problem_responses(401, 403, 404, 409))
async def wait(delivery_id: str, caller: SignedIn) -> DeliveryRead:
    """Give the seller of late tickets more time, once."""
    return await _act(delivery_id, caller, late.wait)


@router.post("/give-up", responses=problem_responses(401, 403, 404, 409))
async def give_up(delivery_id: str, caller: SignedIn) -> DeliveryRead:
    """End the delivery of late tickets; the money goes back to the card."""
    return await _act(delivery_id, caller, late.give_up)


async def _act(
    delivery_id: str, caller: Caller, act: Callable[..., Awaitable[None]]
) -> DeliveryRead:
    own_id = parse_id(delivery_id, DeliveryNotFoundError)
    async with db.transaction() as session:
        await act(session, delivery_id=own_id, buyer_id=caller.user_id)
        return await queries.get_by_id(session, delivery_id=own_id, viewer_id=caller.user_id)


async def _require_side(delivery_id: str, caller: Caller, side: Side) -> UUID:
    """Check the side before the body: 404 and 403 take precedence over 400."""
    own_id = parse_id(delivery_id, DeliveryNotFoundError)
    async with db.transaction() as session:
        await sides.get_own(session, delivery_id=own_id, caller_id=caller.user_id, side=side)
    return own_id


@address_router.get("", responses=problem_responses(401, 404))
async def get_address(order_id: str, caller: SignedIn) -> AddressRead:
    """Return the buyer's address at the issuer: to the buyer, and to the seller while they need it.

    That the seller saw it is recorded.
    """
    own_id = parse_id(order_id, OrderNotFoundError)
    async with db.transaction() as session:
        found = await addresses.read(session, order_id=own_id, caller=caller)
    if found is None:
        raise AddressNotFoundError
    return found


@address_router.put(
    "",
    responses=problem_responses(400, 401, 403, 404, 409),
    openapi_extra=body_schema(AddressUpdate),
)
async def save_address(order_id: str, request: Request, caller: SignedIn) -> AddressRead:
    """Set the buyer's address at the issuer, to which the seller transfers the tickets.

    It is needed before the payment. A change after it needs a proof that is a few minutes old at most.
    """
    own_id = parse_id(order_id, OrderNotFoundError)
    async with db.transaction() as session:
        is_proof_needed = await addresses.is_proof_needed(
            session, order_id=own_id, buyer_id=caller.user_id
        )
    if is_proof_needed:
        await require_fresh_caller(caller)
    address = await read_body(request, AddressUpdate)
    async with db.transaction() as session:
        await addresses.save(session, order_id=own_id, buyer_id=caller.user_id, address=address)
    return AddressRead.model_validate(address.model_dump())
