"""Reminds the buyer before a hold ends."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.notices import rules
from ticketing_app.notices.service import order_notices
from ticketing_app.orders import rules as order_rules
from ticketing_app.orders.service import summary
from ticketing_app.work import due as work

REMINDER_WORK = "notices.hold_ending"


async def schedule(session: AsyncSession, *, order_id: UUID, expires_at: datetime) -> None:
    """Have the buyer reminded; a hold that is shorter than the reminder has none."""
    at = expires_at - rules.HOLD_REMINDER
    if at > utc_now():
        await work.want(session, REMINDER_WORK, order_id, at=at)


async def remind(transaction: db.Transaction, key: str) -> timedelta | None:
    """Remind the buyer if the order can still be paid; waits again if its deadline moved."""
    async with transaction() as session:
        order = await summary.get_summary(session, order_id=UUID(key))
        rest = order.expires_at - utc_now()
        if order.status not in order_rules.PAYABLE or rest <= timedelta(0):
            return None
        if rest > rules.HOLD_REMINDER:
            return rest - rules.HOLD_REMINDER
        await order_notices.tell_buyer(session, order, "hold_ending")
    return None
