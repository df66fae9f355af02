"""Owner of a seat that was sold, possibly several times: only orders know which sales are valid.

Called inside a transaction. Every change of ownership locks the seat first.
"""

from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.orders import rules
from ticketing_app.orders.models import Gift, Order, OrderItem
from ticketing_app.orders.repository import gifts
from ticketing_app.orders.repository import orders as repository
from ticketing_app.orders.rules import GiftStatus, OrderStatus, Sale
from ticketing_app.tickets.schemas.resale import Seat
from ticketing_app.tickets.service import lease as leases
from ticketing_app.tickets.service import resale
from ticketing_app.vault.service import ownership as files
from ticketing_app.vault.service import reading

UNOWNED = (
    "This ticket is being refunded, or its payment is disputed, so it has to stay where it is."
)
LISTED = "This ticket is for sale again. Withdraw the listing first."
OFFERED = "This ticket is offered to a friend. Take it back first."


class SeatNotFreeError(AppError):
    status = HTTPStatus.CONFLICT


class OwnedSeat(NamedTuple):
    seat: Seat
    sales: list[Sale]  # Newest first.
    owner_id: UUID | None  # None during a refund or dispute.
    offer: Gift | None  # Open, to a friend.
    taken: list[Gift]  # Of the valid sale, the last one last.

    @property
    def valid_sale(self) -> Sale | None:
        """The sale by which its owner, or the giver behind them, has the seat."""
        return rules.valid_sale(self.sales)

    @property
    def file_id(self) -> UUID | None:
        files = (listing.vault_file_id for listing in self.seat.sold)
        return next((file_id for file_id in files if file_id), None)


async def list_seats(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[OwnedSeat]:
    """Return the seats of the tickets that were sold, in any order."""
    seats = await resale.list_seats(session, ticket_ids=ticket_ids)
    order_ids = {listing.order_id for seat in seats for listing in seat.sold if listing.order_id}
    orders = {order.id: order for order in await repository.get_by_ids(session, list(order_ids))}
    items = {
        (item.order_id, item.ticket_id): item
        for item in await repository.list_items(session, order_ids)
    }
    given = await _list_gifts(session, seats)
    found: list[OwnedSeat] = []
    for seat in seats:
        own = [gift for listing in seat.sold for gift in given.get(listing.id, [])]
        holders = {gift.ticket_id: gift.to_id for gift in own if gift.to_id}
        sales = [
            Sale(
                ticket_id=listing.id,
                order_id=order.id,
                status=_status(order, items[order.id, listing.id]),
                is_disputed=order.is_disputed,
                holder_id=holders.get(listing.id, order.buyer_id),
                seller_id=listing.seller_id,
            )
            for listing in seat.sold
            if listing.order_id and (order := orders.get(listing.order_id))
        ]
        offer = next((gift for gift in own if gift.status == GiftStatus.OFFERED), None)
        valid = rules.valid_sale(sales)
        taken = [gift for gift in own if gift.to_id and valid and gift.ticket_id == valid.ticket_id]
        found.append(OwnedSeat(seat, sales, rules.owner_of(sales), offer, taken))
    return found


async def _list_gifts(session: AsyncSession, seats: list[Seat]) -> dict[UUID, list[Gift]]:
    """Return the gifts by ticket, the last taken one last; only tickets with a file can have any."""
    ticket_ids = {listing.id for seat in seats for listing in seat.sold if listing.vault_file_id}
    given: dict[UUID, list[Gift]] = {}
    for gift in await gifts.list_by_tickets(session, ticket_ids) if ticket_ids else []:
        given.setdefault(gift.ticket_id, []).append(gift)
    return given


async def lock_seats(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[OwnedSeat]:
    """Lock the seats of these sold tickets: until the end of the transaction their owners stay."""
    await leases.lock_seats(session, ticket_ids=ticket_ids)
    return await list_seats(session, ticket_ids=ticket_ids)


async def require_own(
    session: AsyncSession, *, owner_id: UUID, ticket_ids: list[UUID]
) -> list[OwnedSeat]:
    """Lock the seats of these sold tickets; return them if their owner may open or give them.

    Raises SeatNotFreeError: one is another user's, for sale, held by its next buyer, or offered to a friend.
    """
    seats = await lock_seats(session, ticket_ids=ticket_ids)
    for found in seats:
        if found.owner_id != owner_id:
            raise SeatNotFreeError(UNOWNED)
        if found.seat.listed:
            raise SeatNotFreeError(LISTED)
        if found.offer:
            raise SeatNotFreeError(OFFERED)
    return seats


def _status(order: Order, item: OrderItem) -> OrderStatus:
    return rules.item_status(
        OrderStatus(order.status),
        is_requested=item.refund_requested_at is not None,
        is_refunded=item.refunded_at is not None,
    )


async def end_unowned_listings(session: AsyncSession, *, ticket_ids: list[UUID]) -> None:
    """Take the open listings of these seats off sale unless the seller is, or will be, the owner."""
    before = await list_seats(session, ticket_ids=ticket_ids)
    # The lock of the order has locked them, but for one that was made while it waited.
    listed_ids = [found.seat.listed.id for found in before if found.seat.listed]
    await leases.lock_seats(session, ticket_ids=listed_ids)
    # One may have been sold or released while this waited for the row lock.
    for found in await list_seats(session, ticket_ids=ticket_ids):
        listed = found.seat.listed
        if listed and listed.seller_id != rules.eventual_owner_of(found.sales):
            await resale.end_relisting(session, ticket_id=listed.id)


async def return_files(session: AsyncSession, *, ticket_ids: list[UUID]) -> None:
    """Move the files of refunded seats to their present owners.

    Also from a friend, who paid nothing, but not from the buyer of a valid sale.
    """
    owners = {
        found.file_id: rules.eventual_owner_of(found.sales)
        for found in await list_seats(session, ticket_ids=ticket_ids)
        if found.file_id
    }
    for file in (await reading.describe(session, file_ids=list(owners))).values():
        owner_id = owners[file.id]
        if owner_id and owner_id != file.owner_id:
            await files.move(session, file_ids=[file.id], from_id=file.owner_id, to_id=owner_id)


async def list_unowned_sales(session: AsyncSession, *, ticket_ids: list[UUID]) -> list[Sale]:
    return [
        sale
        for found in await list_seats(session, ticket_ids=ticket_ids)
        for sale in rules.unowned_sales(found.sales)
    ]
