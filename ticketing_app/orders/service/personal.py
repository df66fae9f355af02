"""All orders of a person: what keeps their account, and their export."""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.orders.repository import gifts
from ticketing_app.orders.repository import personal as repository
from ticketing_app.orders.schemas import GiftExport, OrderRead
from ticketing_app.orders.service import gifts as giving
from ticketing_app.orders.service import queries
from ticketing_app.tickets.service import personal as tickets
from ticketing_app.tickets.service.personal import SaleObstacle

PAGE = 100
GIFT_ADDRESS_PERIOD = timedelta(days=30)


class OrderObstacle(StrEnum):
    """Why the buyer or the seller of an order is still needed."""

    HELD = "held"
    MONEY_MOVING = "money_moving"  # It is captured, given back, or disputed.


async def list_obstacles(
    session: AsyncSession, *, user_id: UUID
) -> set[OrderObstacle | SaleObstacle]:
    """Return why the account of this buyer and seller cannot be deleted now."""
    sales = await tickets.read_sales(session, seller_id=user_id)
    found = set[OrderObstacle | SaleObstacle](sales.obstacles)
    if await repository.has_hold(session, user_id):
        found.add(OrderObstacle.HELD)
    if await repository.is_money_moving(session, user_id, sales.order_ids):
        found.add(OrderObstacle.MONEY_MOVING)
    return found


async def count_coming(session: AsyncSession, *, buyer_id: UUID) -> int:
    """Count the tickets of events to come that the buyer owns."""
    ticket_ids = await repository.list_owned(session, buyer_id)
    return await tickets.count_coming(session, ticket_ids=ticket_ids)


async def export(session: AsyncSession, *, buyer_id: UUID) -> AsyncIterator[OrderRead]:
    """Return every order of the buyer, newest first."""
    cursor = None
    while True:
        page = await queries.list_orders(session, buyer_id=buyer_id, limit=PAGE, cursor=cursor)
        for order in page.items:
            yield order
        cursor = page.next_cursor
        if cursor is None:
            return


async def export_gifts(session: AsyncSession, *, user_id: UUID) -> list[GiftExport]:
    """Return the tickets that the user gave or was given, oldest first."""
    user = await users.get_user(session, user_id=user_id)
    return [
        GiftExport(is_giver=gift.from_id == user_id, **gift.model_dump())
        for gift in await gifts.list_of_person(session, user_id, user.email)
    ]


async def erase(session: AsyncSession, *, address: str) -> None:
    """Erase the address of a former user."""
    await giving.erase_address(session, address=address)


async def erase_gift_addresses(session: AsyncSession, limit: int) -> int:
    """Erase addresses of gifts that ended long ago; return the count."""
    return await gifts.erase_old_addresses(session, kept=GIFT_ADDRESS_PERIOD, limit=limit)
