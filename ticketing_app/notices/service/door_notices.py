"""Leads the owners of tickets to the page of the door, the day before the event."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries.service import door
from ticketing_app.notices import rules
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.service import telling
from ticketing_app.notices.service.order_facts import TICKET_FIELDS
from ticketing_app.notices.views.door import DoorFacts
from ticketing_app.notices.views.facts import TicketFacts
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.work import due as work

DOOR = "door_tomorrow"
DOOR_WORK = "notices.door"


async def schedule(session: AsyncSession, *, order_id: UUID) -> None:
    """Have the owners reminded; who gets a ticket later than that has just seen it."""
    starts_at = await door.get_start(session, order_id=order_id)
    if starts_at and starts_at - rules.DOOR_REMINDER > utc_now():
        await work.want(session, DOOR_WORK, order_id, at=starts_at - rules.DOOR_REMINDER)


async def remind(transaction: db.Transaction, key: str) -> timedelta | None:
    """Remind the present owners; waits again if the event moved."""
    order_id = UUID(key)
    async with transaction() as session:
        starts_at = await door.get_start(session, order_id=order_id)
        rest = starts_at - utc_now() if starts_at else timedelta(0)
        if rest > rules.DOOR_REMINDER:
            return rest - rules.DOOR_REMINDER
        if rest > timedelta(0):
            for user_id, count in (await door.count_by_owner(session, order_id=order_id)).items():
                await _tell(session, order_id, user_id, count)
    return None


async def _tell(session: AsyncSession, order_id: UUID, user_id: UUID, count: int) -> None:
    own = await door.list_own(session, order_id=order_id, user_id=user_id)
    facts = {"order_id": str(order_id), "title": own[0].ticket.title, "quantity": count}
    key = f"{DOOR}:{order_id}:{user_id}"
    await telling.tell(session, user_id=user_id, kind=DOOR, key=key, facts=facts)


async def prepare(session: AsyncSession, mail: DueMail) -> DoorFacts | None:
    order_id = UUID(mail.facts["order_id"])
    if mail.user_id is None:
        return None
    try:
        own = await door.list_own(session, order_id=order_id, user_id=mail.user_id)
    except OrderNotFoundError:
        return None
    given = (each.ticket.model_dump(include=set(TICKET_FIELDS), exclude_none=True) for each in own)
    tickets = tuple(TicketFacts.model_validate(ticket) for ticket in given)
    return DoorFacts(order_id=order_id, tickets=tickets)
