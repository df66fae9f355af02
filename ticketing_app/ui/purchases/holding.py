"""Hold what a page offers."""

from uuid import UUID

from ticketing_app.orders.rules import Choice, SeenOffer
from ticketing_app.orders.service import hold
from ticketing_app.orders.service.refusals import TicketAlreadyReservedError
from ticketing_app.ui import transactions
from ticketing_app.ui.purchases.views import Offer


async def hold_offer(offer: Offer, *, buyer_id: UUID, version: int | None = None) -> UUID:
    """Return the id of the new order, or of the buyer's own that has the tickets already.

    A single ticket must have this `version`. Raises the errors of `create_listing_order`.
    """
    choice = offer.choice()
    try:
        if isinstance(choice, Choice):
            return await _hold_listed(choice, buyer_id, SeenOffer(price_cents=offer.price_cents))
        return await _hold_ticket(choice, buyer_id, SeenOffer(version, offer.price_cents))
    except TicketAlreadyReservedError as error:
        if error.order_id is None:
            raise
        return error.order_id


async def _hold_listed(choice: Choice, buyer_id: UUID, seen: SeenOffer) -> UUID:
    order = await transactions.in_autocommit(
        hold.create_listing_order, buyer_id=buyer_id, choice=choice, seen=seen
    )
    return order.id


async def _hold_ticket(ticket_id: UUID, buyer_id: UUID, seen: SeenOffer) -> UUID:
    order = await transactions.in_autocommit(
        hold.create_order, buyer_id=buyer_id, ticket_id=ticket_id, seen=seen
    )
    return order.id
