"""Notices of a changed or cancelled event for its buyers and sellers, a batch at a time."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.service import events
from ticketing_app.messaging.catalog import EventChanged
from ticketing_app.notices import repository
from ticketing_app.notices.service import telling
from ticketing_app.orders import rules as order_rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import summary
from ticketing_app.tickets.service import event_orders

# An order that is being captured will be paid or refunded.
_BOUGHT = order_rules.PAID | {OrderStatus.CAPTURING}


class _Told(NamedTuple):
    user_id: UUID
    facts: dict[str, Any]


async def tell_change(session: AsyncSession, *, event: EventChanged, limit: int) -> bool:
    """Notify up to `limit` buyers with a running or paid order; returns whether more may be left."""
    order_ids = await event_orders.list_orders_before_merge(session, event_id=event.event_id)
    statuses = order_rules.PAYABLE | {OrderStatus.CAPTURING, OrderStatus.COMPLETED}
    buyers = await summary.list_buyers(session, order_ids=order_ids, statuses=statuses)
    changes = {"old_starts_at", "old_venue", "old_city"}
    old = event.model_dump(mode="json", include=changes, exclude_none=True)
    people = [
        _Told(user_id, {"order_id": str(order_id)} | old) for user_id, order_id in buyers.items()
    ]
    key = f"event_changed:{event.event_id}:{event.event_version}"
    return await _tell(session, "event_changed", event.event_id, key, people, limit)


async def tell_cancellation(session: AsyncSession, *, event_id: UUID, limit: int) -> bool:
    """Notify up to `limit` buyers and sellers; returns whether more may be left."""
    order_ids = await event_orders.list_order_ids(session, event_id=event_id)
    buyers = await summary.list_buyers(session, order_ids=order_ids, statuses=_BOUGHT)
    sellers = await event_orders.list_seller_ids(session, event_id=event_id)
    people = [_Told(user_id, {"order_id": str(order_id)}) for user_id, order_id in buyers.items()]
    people += [_Told(user_id, {"is_seller": True}) for user_id in sellers if user_id not in buyers]
    key = f"event_cancelled:{event_id}"
    return await _tell(session, "event_cancelled", event_id, key, people, limit)


async def _tell(
    session: AsyncSession, kind: str, event_id: UUID, key: str, people: list[_Told], limit: int
) -> bool:
    event = await events.get_event(session, event_id=event_id)
    about = {"event_id": str(event.id), "slug": event.slug, "title": event.title}
    keys = {f"{key}:{person.user_id}": person for person in people}
    told = await repository.list_told(session, keys)
    untold = [each for each in keys if each not in told]
    for each in untold[:limit]:
        user_id, facts = keys[each]
        await telling.tell(session, user_id=user_id, kind=kind, key=each, facts=about | facts)
    return len(untold) > limit
