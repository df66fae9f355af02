"""Deliveries of the demo: promises of listings, with generated ticket files, and the state of some orders."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries import rules
from ticketing_app.deliveries.rules import Transition
from ticketing_app.deliveries.schemas import AddressUpdate
from ticketing_app.deliveries.service import addresses, moves, queries
from ticketing_app.demo import Listed
from ticketing_app.demo_files import Code, Page, write_pdf
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import DeliveryMethod, Issuer
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise
from ticketing_app.tickets.schemas.listings import (
    ListingCreate,
    ListingRead,
    ListingUpdate,
    OfferSeat,
)
from ticketing_app.tickets.service import listings, promises
from ticketing_app.vault.rules import TICKET_LINK
from ticketing_app.vault.service import uploads

# Of a ticket, in points: a third of a page.
WIDTH = 595
HEIGHT = 280


async def promise(listed: Sequence[Listed]) -> None:
    """Add the promises, for which every file is inspected and kept like one of a seller."""
    for each in listed:
        if each.method:
            await _promise(each.listing, await _make_promise(each.listing, each.method))


async def _make_promise(listing: ListingRead, method: DeliveryMethod) -> DeliveryPromise:
    match method:
        case DeliveryMethod.FILE:
            upload = await uploads.take(
                db.transaction, owner_id=listing.seller_id, data=draw_tickets(listing)
            )
            return DeliveryPromise(method=method, file_ids=[item.id for item in upload.items])
        case DeliveryMethod.TRANSFER:
            return DeliveryPromise(method=method, issuer=Issuer.OTHER)
        case _:
            # The last part stands for the signed token of a real one.
            return DeliveryPromise(method=method, link=f"{TICKET_LINK}demo-{listing.id.hex}")


async def _promise(listing: ListingRead, delivery: DeliveryPromise) -> None:
    changed = ListingUpdate.model_validate(_offered(listing) | {"delivery": delivery})
    changed = await promises.keep_link(db.transaction, seller_id=listing.seller_id, listed=changed)
    async with db.transaction() as session:
        await listings.update_listing(
            session, seller_id=listing.seller_id, listing_id=listing.id, listing=changed
        )


async def give_address(session: AsyncSession, *, order_id: UUID, buyer: UserRead) -> None:
    """Name the account of the buyer at the issuer, to which the seller transfers."""
    address = AddressUpdate(name="Demo Account", email=buyer.email)
    await addresses.save(session, order_id=order_id, buyer_id=buyer.id, address=address)


async def make_late(session: AsyncSession, *, order: OrderRead) -> None:
    """End the time of the seller."""
    delivery = await queries.get_delivery(session, order_id=order.id, viewer_id=order.buyer_id)
    due_at = rules.choose_by(utc_now())
    await moves.move(session, delivery_id=delivery.id, name=Transition.BE_LATE, due_at=due_at)


async def sell_again(session: AsyncSession, *, listing: ListingRead, buyer_id: UUID) -> None:
    """List bought tickets, unopened, at the price paid."""
    seats = [seat.model_dump(include={"section", "row", "seat"}) for seat in listing.seats]
    again = ListingCreate.model_validate(
        _offered(listing)
        | {
            "event_id": listing.event_id,
            "seats": seats,
            "previous_ticket_ids": [seat.ticket_id for seat in listing.seats],
        }
    )
    await sell.sell_listing(session, seller_id=buyer_id, listing=again)


def _offered(listing: ListingRead) -> dict[str, Any]:
    """Return price and description as input, in units of the currency."""
    face_value = listing.face_value_cents
    return {
        "price": Decimal(listing.price_cents) / 100,
        "faceValue": face_value and Decimal(face_value) / 100,
        "description": listing.description,
    }


def draw_tickets(listing: ListingRead) -> bytes:
    """Return a PDF with a page for each ticket, as an invented box office prints it."""
    return write_pdf([_draw_page(listing, seat) for seat in listing.seats])


def _draw_page(listing: ListingRead, seat: OfferSeat) -> Page:
    places = {"Section": seat.section, "Row": seat.row, "Seat": seat.seat}
    lines = [
        listing.title,
        _write_start(listing.starts_at, listing.timezone),
        f"Venue: {listing.venue}, {listing.city}",
        "  ".join(f"{name} {value}" for name, value in places.items() if value),
        "",
        "Invented ticket of a demo. It opens no door.",
    ]
    code = Code(f"DEMO-{seat.ticket_id.hex}", x=430, y=30)
    return Page(lines, [code], WIDTH, HEIGHT, organiser=f"{listing.venue} box office")


def _write_start(starts_at: datetime | None, timezone: str | None) -> str:
    if starts_at is None or timezone is None:
        return ""
    at = starts_at.astimezone(ZoneInfo(timezone))
    return f"{at:%A}, {at.day} {at:%B %Y}, {at:%H:%M}"
