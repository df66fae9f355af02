"""Begin of a delivery, in the transaction that completes its order."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.logging import get_logger
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import WITH_DEADLINE, DeliveryStatus, Transition
from ticketing_app.deliveries.service import deadlines, moves
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.schemas.deliveries import TicketPromise
from ticketing_app.tickets.service import promises
from ticketing_app.vault.service import ownership, reading

log = get_logger()


# With these the files are here before the sale.
WITH_FILES = frozenset({DeliveryMethod.FILE, DeliveryMethod.LINK, DeliveryMethod.REISSUE})
STARTS = {
    DeliveryMethod.FILE: DeliveryStatus.READY,
    DeliveryMethod.LINK: DeliveryStatus.READY,
    DeliveryMethod.REISSUE: DeliveryStatus.ISSUING,
    DeliveryMethod.FILE_LATER: DeliveryStatus.WAITING,
    DeliveryMethod.TRANSFER: DeliveryStatus.WAITING,
}


class _Start(NamedTuple):
    status: DeliveryStatus
    method: DeliveryMethod | None
    due_at: datetime | None


async def begin(session: AsyncSession, *, order_id: UUID) -> None:
    """Begin the delivery of a completed order, once; ignore any other order.

    The caller has locked the tickets of the order.
    """
    order = await order_payment.get_payable(session, order_id=order_id)
    is_begun = await repository.get_by_order(session, order_id)
    if is_begun or order.status is not OrderStatus.COMPLETED:
        return
    found = await promises.list_promises(session, ticket_ids=order.ticket_ids)
    promised = list(found.values())
    start = await _start(session, promised, buyer_id=order.buyer_id)
    delivery = Delivery(
        order_id=order.id,
        seller_id=promised[0].seller_id,
        buyer_id=order.buyer_id,
        **start._asdict(),
    )
    if await repository.add(session, delivery):
        moves.record(session, delivery, Transition.BEGIN)
        await moves.want_deadline(session, delivery)


async def _start(session: AsyncSession, promised: list[TicketPromise], *, buyer_id: UUID) -> _Start:
    method = _method(promised)
    if method is None:
        return _Start(DeliveryStatus.WAITING, None, None)
    if method in WITH_FILES and not await _give_files(session, promised, buyer_id=buyer_id):
        method = DeliveryMethod.FILE_LATER
    status = STARTS[method]
    is_timed = status in WITH_DEADLINE
    due_at = await deadlines.first_due_at(session, promised=promised) if is_timed else None
    return _Start(status, method, due_at)


def _method(promised: list[TicketPromise]) -> DeliveryMethod | None:
    # Those of a listing share it, but the issuer may not have confirmed all of them.
    methods = {each.method for each in promised}
    return DeliveryMethod.REISSUE if DeliveryMethod.REISSUE in methods else promised[0].method


async def _give_files(
    session: AsyncSession, promised: list[TicketPromise], *, buyer_id: UUID
) -> bool:
    """Make the buyer the owner of the promised files; false if one is gone."""
    file_ids = [each.file_id for each in promised if each.file_id]
    files = await reading.describe(session, file_ids=file_ids)
    # Not the seller: if their own purchase was refunded, the file is an earlier owner's.
    for owner_id in {file.owner_id for file in files.values()} - {buyer_id}:
        await ownership.move(session, file_ids=file_ids, from_id=owner_id, to_id=buyer_id)
    is_complete = len(files) == len(promised) and not any(f.is_erased for f in files.values())
    if not is_complete:
        log.error("delivery.file_gone", tickets=len(promised), files=len(files))
    return is_complete
