"""The end of an event's sale: its unsold tickets are withdrawn, and the orders that hold them end."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.service import release
from ticketing_app.tickets.service import event_changes


async def cancel_batch(session: AsyncSession, *, event_id: UUID, limit: int) -> bool:
    """Withdraw up to `limit` tickets and cancel their payable orders; whether there may be more.

    An order that is being captured completes; payments then refund it like the other paid ones.
    """
    # In one transaction, so that no ticket can be held between the two steps.
    withdrawn = await event_changes.withdraw_unsold(session, event_id=event_id, limit=limit)
    for order_id in withdrawn.order_ids:
        # Not caused by the buyers, so it costs them no pause.
        await release.cancel_unpaid(session, order_id=order_id, is_excused=True)
    return withdrawn.is_full
