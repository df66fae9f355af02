"""Deadlines of deliveries. `due_at` is the truth on the database clock; the work records that it has passed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries import repository, rules
from ticketing_app.deliveries.repository import DeliveryNow
from ticketing_app.deliveries.rules import AT_DEADLINE, DeliveryStatus, Transition
from ticketing_app.deliveries.service import moves
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets.schemas.deliveries import TicketPromise
from ticketing_app.tickets.service import event_orders, promises

# The clock of this process may be ahead of the database's.
SHORTEST_WAIT = timedelta(seconds=1)


async def first_due_at(session: AsyncSession, *, promised: Iterable[TicketPromise]) -> datetime:
    """Return until when the seller has to hand over these tickets, which are sold now."""
    now = await repository.get_database_time(session)
    return _deliver_by(now, promised)


async def second_due_at(session: AsyncSession, *, order_id: UUID) -> datetime:
    """Return until when the buyer waits once more."""
    now = await repository.get_database_time(session)
    if (seconds := get_settings().deliver_seconds) is not None:
        return now + timedelta(seconds=seconds)
    return rules.wait_until(now, starts_at=await _get_start(session, order_id))


async def record_lateness(session: AsyncSession, found: DeliveryNow) -> bool:
    """Make the transition at the end of the deadline; false if it has not passed."""
    name = AT_DEADLINE.get(DeliveryStatus(found.delivery.status))
    if name is None or found.is_running:
        return False
    due_at = None
    if name is Transition.BE_LATE:
        due_at = await _choose_by(session, found.delivery.order_id)
    return await moves.move(
        session, delivery_id=found.delivery.id, name=name, due_at=due_at, is_clock=True
    )


async def meet_deadline(transaction: db.Transaction, key: str) -> timedelta | None:
    """Record the end of a deadline; return the time until the next one."""
    delivery_id = UUID(key)
    async with transaction() as session:
        found = await repository.get_delivery(session, delivery_id)
        if found and await record_lateness(session, found):
            found = await repository.get_delivery(session, delivery_id)
        if found is None or found.delivery.due_at is None:
            return None
        return max(found.delivery.due_at - utc_now(), SHORTEST_WAIT)


async def list_overdue(session: AsyncSession) -> list[UUID]:
    """Return the deliveries past their deadline, as it is not recorded yet."""
    return await repository.list_overdue(session)


async def follow_event(session: AsyncSession, *, event_id: UUID, starts_at: datetime) -> None:
    """Give sellers more time if the event moved to a later date."""
    order_ids = await event_orders.list_order_ids(session, event_id=event_id)
    for found in await repository.list_by_orders(session, order_ids):
        delivery = found.delivery
        if delivery.status != DeliveryStatus.WAITING or delivery.due_at is None:
            continue
        promised = await list_promises(session, order_id=delivery.order_id)
        moved = [each.model_copy(update={"starts_at": starts_at}) for each in promised]
        due_at = _deliver_by(delivery.created_at, moved)
        if due_at > delivery.due_at:
            await moves.move(
                session, delivery_id=delivery.id, name=Transition.POSTPONE, due_at=due_at
            )


async def list_promises(session: AsyncSession, *, order_id: UUID) -> list[TicketPromise]:
    """Return the promises of the tickets of an order, in its order."""
    order = await order_payment.get_payable(session, order_id=order_id)
    found = await promises.list_promises(session, ticket_ids=order.ticket_ids)
    return [found[ticket_id] for ticket_id in order.ticket_ids]


async def _choose_by(session: AsyncSession, order_id: UUID) -> datetime:
    now = await repository.get_database_time(session)
    if (seconds := get_settings().choose_seconds) is not None:
        return now + timedelta(seconds=seconds)
    return rules.choose_by(now, starts_at=await _get_start(session, order_id))


def _deliver_by(sold_at: datetime, promised: Iterable[TicketPromise]) -> datetime:
    if (seconds := get_settings().deliver_seconds) is not None:
        return sold_at + timedelta(seconds=seconds)
    # The tickets of an order are of one event, but may be released on different days.
    return max(
        rules.deliver_by(
            sold_at,
            ready_at=rules.ready_at(each.ready_on, each.timezone),
            starts_at=each.starts_at,
        )
        for each in promised
    )


async def _get_start(session: AsyncSession, order_id: UUID) -> datetime | None:
    promised = await list_promises(session, order_id=order_id)
    return promised[0].starts_at
