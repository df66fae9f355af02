from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.repository import DeliveryNow
from ticketing_app.deliveries.rules import DeliveryStatus, status_now
from ticketing_app.deliveries.schemas import (
    DeliveryFile,
    DeliveryItem,
    DeliveryRead,
    DeliveryStepRead,
)
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets.service import promises
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import reading


class DeliveryNotFoundError(AppError):
    # Also for a delivery between other people: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this delivery among yours."


async def get_delivery(session: AsyncSession, *, order_id: UUID, viewer_id: UUID) -> DeliveryRead:
    """Return the delivery of an order to its buyer, its seller, or the owner of one of its tickets."""
    return await _read(session, await repository.get_by_order(session, order_id), viewer_id)


async def get_by_id(session: AsyncSession, *, delivery_id: UUID, viewer_id: UUID) -> DeliveryRead:
    """As `get_delivery`."""
    return await _read(session, await repository.get_delivery(session, delivery_id), viewer_id)


async def _read(session: AsyncSession, found: DeliveryNow | None, viewer_id: UUID) -> DeliveryRead:
    if found is None:
        raise DeliveryNotFoundError
    delivery = found.delivery
    steps = await repository.list_steps(session, delivery.id)
    status = status_now(DeliveryStatus(delivery.status), is_running=found.is_running)
    read = DeliveryRead(
        **delivery.model_dump(exclude={"status", "version", "created_at"}),
        status=status,
        items=await _list_items(session, delivery, viewer_id),
        steps=[DeliveryStepRead.model_validate(step.model_dump()) for step in steps],
    )
    if viewer_id in {delivery.buyer_id, delivery.seller_id}:
        return read
    if not read.own_items:
        raise DeliveryNotFoundError
    return read.model_copy(update={"items": read.own_items})


async def _list_items(
    session: AsyncSession, delivery: Delivery, viewer_id: UUID
) -> list[DeliveryItem]:
    order = await order_payment.get_payable(session, order_id=delivery.order_id)
    promised = await promises.list_promises(session, ticket_ids=order.ticket_ids)
    file_ids = [each.file_id for each in promised.values() if each.file_id]
    files = await reading.describe(session, file_ids=file_ids) if file_ids else {}
    return [
        DeliveryItem(
            number=number,
            ticket_id=ticket_id,
            file=_read_file(files.get(promised[ticket_id].file_id or ticket_id), viewer_id),
        )
        for number, ticket_id in enumerate(order.ticket_ids, 1)
    ]


def _read_file(file: FileRead | None, viewer_id: UUID) -> DeliveryFile | None:
    if file is None:
        return None
    is_yours = file.owner_id == viewer_id
    return DeliveryFile(
        kind=file.kind,
        pages=file.page_count,
        codes=file.code_count,
        sha256=file.digest,
        opened_at=file.opened_at,
        is_yours=is_yours,
        file_id=file.id if is_yours else None,
    )
