"""Reads of gifts, each in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ticketing_app.accounts.service import users
from ticketing_app.deliveries.schemas import DeliveryRead
from ticketing_app.deliveries.service import queries as deliveries
from ticketing_app.orders.rules import GiftStatus
from ticketing_app.orders.schemas import GiftRead, GivenTicket, TicketGift
from ticketing_app.orders.service import gifts, sell
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class GiftPage:
    """A gift; the fields behind `is_confirmed` are set while its receiver owns the ticket."""

    gift: GiftRead
    is_confirmed: bool
    own: GivenTicket | None = None
    onward: Sequence[TicketGift] = ()
    delivery: DeliveryRead | None = None
    is_relistable: bool = False


async def load_gift_page(session: Session, *, gift_id: UUID, viewer_id: UUID) -> GiftPage:
    """Return a gift to its giver or its receiver; raises GiftNotFoundError."""
    gift = await gifts.get_gift(session, gift_id=gift_id, viewer_id=viewer_id)
    is_confirmed = await users.is_confirmed(session, user_id=viewer_id)
    if gift.is_giver or gift.status is not GiftStatus.TAKEN:
        return GiftPage(gift, is_confirmed)
    given = await gifts.list_given(session, user_id=viewer_id)
    own = next((each for each in given if each.gift_id == gift_id), None)
    if own is None:
        return GiftPage(gift, is_confirmed)
    ids = [own.ticket.id]
    return GiftPage(
        gift,
        is_confirmed,
        own,
        await gifts.list_of_tickets(session, viewer_id=viewer_id, ticket_ids=ids),
        await deliveries.get_delivery(session, order_id=own.order_id, viewer_id=viewer_id),
        bool(await sell.list_relistable(session, owner_id=viewer_id, ticket_ids=ids)),
    )
