"""Transitions of a delivery. Called inside a transaction, which locks tickets and orders before deliveries."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.logging import get_logger
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import DEADLINE_WORK, Transition
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import DeliveryChanged
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.work import due as work

log = get_logger()


async def move(
    session: AsyncSession,
    *,
    delivery_id: UUID,
    name: Transition,
    by: UUID | None = None,
    due_at: datetime | None = None,
    method: DeliveryMethod | None = None,
    is_clock: bool = False,
    changes: Mapping[str, object] | None = None,
) -> bool:
    """Make a transition with its step and event; false if the delivery is not where it may start.

    `is_clock` requires that the deadline has passed; `method` replaces the method, `changes` other columns.
    """
    values: dict[str, object] = {"due_at": due_at, **(changes or {})}
    if method:
        values["method"] = method
    if name is Transition.OPEN:
        values["opened_at"] = repository.NOW
    if name is Transition.WAIT:
        values["has_waited"] = True
    moved = await repository.move(session, delivery_id, name, is_clock=is_clock, values=values)
    if moved is None:
        return False
    record(session, moved, name, by=by)
    await want_deadline(session, moved)
    return True


async def want_deadline(session: AsyncSession, delivery: Delivery) -> None:
    """Have the end of its deadline recorded when it comes."""
    if delivery.due_at:
        await work.want(session, DEADLINE_WORK, delivery.id, at=delivery.due_at)


def record(
    session: AsyncSession, delivery: Delivery, name: Transition, *, by: UUID | None = None
) -> None:
    repository.add_step(session, delivery, name, by)
    event = DeliveryChanged(
        delivery_id=delivery.id,
        delivery_version=delivery.version,
        order_id=delivery.order_id,
        buyer_id=delivery.buyer_id,
        seller_id=delivery.seller_id,
        method=delivery.method,
        status=delivery.status,
        due_at=delivery.due_at,
        transition=name,
    )
    outbox.record(session, event)
    log.info("delivery.changed", delivery_id=str(delivery.id), transition=name)
