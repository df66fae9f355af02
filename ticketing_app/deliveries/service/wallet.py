"""Deliveries of a buyer's orders, for the list of them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.deliveries import repository
from ticketing_app.deliveries.rules import HANDED_OVER, DeliveryStatus, status_now
from ticketing_app.deliveries.schemas import Arrival
from ticketing_app.tickets.service import promises
from ticketing_app.vault.service import reading


async def list_arrivals(
    session: AsyncSession, *, buyer_id: UUID, ticket_ids: Mapping[UUID, Collection[UUID]]
) -> dict[UUID, Arrival]:
    """Return how far the tickets of the buyer's own orders are, by order; `ticket_ids` are those of each."""
    found = await repository.list_by_orders(session, ticket_ids)
    handed_over = {each.delivery.order_id for each in found if each.delivery.status in HANDED_OVER}
    passed_on = await _list_passed_on(
        session, buyer_id, {order_id: ticket_ids[order_id] for order_id in handed_over}
    )
    return {
        delivery.order_id: Arrival(
            **delivery.model_dump(include={"method", "due_at", "opened_at"}),
            status=status_now(DeliveryStatus(delivery.status), is_running=is_running),
            is_passed_on=delivery.order_id in passed_on,
        )
        for delivery, is_running in found
        if delivery.buyer_id == buyer_id
    }


async def _list_passed_on(
    session: AsyncSession, buyer_id: UUID, ticket_ids: Mapping[UUID, Collection[UUID]]
) -> set[UUID]:
    """Return those of these orders whose files all have another owner than the buyer."""
    every = [ticket_id for each in ticket_ids.values() for ticket_id in each]
    promised = await promises.list_promises(session, ticket_ids=every) if every else {}
    file_ids = [each.file_id for each in promised.values() if each.file_id]
    files = await reading.describe(session, file_ids=file_ids) if file_ids else {}
    owner_ids = {
        each.ticket_id: files[each.file_id].owner_id
        for each in promised.values()
        if each.file_id and each.file_id in files
    }
    passed_on: set[UUID] = set()
    for order_id, own in ticket_ids.items():
        found = {owner_ids[ticket_id] for ticket_id in own if ticket_id in owner_ids}
        if found and buyer_id not in found:
            passed_on.add(order_id)
    return passed_on


async def list_used(session: AsyncSession, *, ticket_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these tickets with which somebody went in."""
    return await repository.list_used(session, ticket_ids)
