"""Re-issue of sold tickets in the name of their buyers, and back after a refund.

Each step may be repeated after a crash: the issuer is asked first whether it has happened.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.deliveries import repository, rules
from ticketing_app.deliveries.gateway.issuers import Holding, IssuerRefusedError, Recipient
from ticketing_app.deliveries.models import Delivery, IssuerTicket
from ticketing_app.deliveries.rules import (
    FREEZE_WORK,
    REISSUE_WORK,
    DeliveryStatus,
    IssueStep,
    Parties,
    Transition,
)
from ticketing_app.deliveries.service import deadlines, freezing, moves
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets.rules import DeliveryMethod, local_day
from ticketing_app.tickets.schemas.deliveries import TicketPromise
from ticketing_app.tickets.service import promises
from ticketing_app.tickets.service import reissue as tickets
from ticketing_app.vault.inspection.results import FileRefusedError
from ticketing_app.vault.service import claims, erasure, ownership, reading, uploads
from ticketing_app.work import due as work
from ticketing_app.work import nudge
from ticketing_app.work.due import HopelessError

# Between two looks for the file, which the issuer makes.
FILE_PERIOD = timedelta(seconds=2)

log = get_logger()


class _Seat(NamedTuple):
    """A ticket of a delivery that is known at its issuer."""

    promise: TicketPromise
    row: IssuerTicket
    owner_id: UUID


class _OvertakenError(Exception):
    """The ticket is for another person than when its re-issue began."""


async def follow_delivery(session: AsyncSession, *, delivery_id: UUID) -> None:
    """Let the issuers follow a change of this delivery, if it has tickets of theirs."""
    found = await repository.get_delivery(session, delivery_id)
    if found and await _list_seats(session, found.delivery):
        await work.want(session, REISSUE_WORK, delivery_id)


async def issue(transaction: Transaction, key: str) -> timedelta | None:
    """Have the issuers name the owner on each ticket of a delivery; return the time until the next look."""
    delivery_id = UUID(key)
    async with transaction() as session:
        found = await repository.get_delivery(session, delivery_id)
        if found is None:
            return None
        delivery = found.delivery
        seats = await _list_seats(session, delivery)
    try:
        are_stored = [await _bring(transaction, delivery, seat) for seat in seats]
    except IssuerRefusedError as refusal:
        log.warning("issuer.refused", delivery_id=key, reason=refusal.reason)
        await _give_up(transaction, delivery, seats)
        return None
    except _OvertakenError:
        return timedelta()
    if not all(are_stored):
        await nudge.nudge(REISSUE_WORK, utc_now() + FILE_PERIOD)
        return FILE_PERIOD
    await _hand_over(transaction, delivery)
    return None


async def _list_seats(session: AsyncSession, delivery: Delivery) -> list[_Seat]:
    order = await order_payment.get_payable(session, order_id=delivery.order_id)
    promised = await promises.list_promises(session, ticket_ids=order.ticket_ids)
    by_file = {each.file_id: each for each in promised.values() if each.file_id}
    rows = await repository.list_issuer_tickets(session, by_file)
    files = await reading.describe(session, file_ids=[row.file_id for row in rows])
    return [
        _Seat(by_file[row.file_id], row, files[row.file_id].owner_id)
        for row in rows
        if row.file_id in files
    ]


def _find_recipient(delivery: Delivery, owner_id: UUID) -> UUID | None:
    return rules.find_recipient(
        DeliveryStatus(delivery.status),
        DeliveryMethod(delivery.method) if delivery.method else None,
        owner_id=owner_id,
        parties=Parties(delivery.seller_id, delivery.buyer_id),
    )


async def _bring(transaction: Transaction, delivery: Delivery, seat: _Seat) -> bool:
    """Whether the ticket is where it belongs; false while the issuer makes its file."""
    row = seat.row
    recipient_id = _find_recipient(delivery, seat.owner_id)
    is_untouched = delivery.buyer_id not in (recipient_id, row.recipient_id)
    if is_untouched and row.step in (IssueStep.NONE, IssueStep.STORED):
        # Never issued for the buyer: the seller may use it again, or promised the plain file.
        if row.is_frozen and row.ticket_id == seat.promise.ticket_id:
            await freezing.unfreeze(transaction, row)
        return True
    if recipient_id is None:
        return True
    return await _issue(transaction, delivery, seat, recipient_id)


async def _issue(
    transaction: Transaction, delivery: Delivery, seat: _Seat, recipient_id: UUID
) -> bool:
    row = await _ask(transaction, seat.row, recipient_id)
    if row.step == IssueStep.ASKED:
        await _reissue(transaction, row, recipient_id)
    elif row.step == IssueStep.STORED:
        return True
    content = await freezing.get_issuer(row).fetch(freezing.place_of(row))
    if content is None:
        return False
    await _store(transaction, delivery, seat, recipient_id, content)
    return True


async def _ask(transaction: Transaction, row: IssuerTicket, recipient_id: UUID) -> IssuerTicket:
    """Record the recipient, and the state before the re-issue: a repetition compares with it."""
    if row.recipient_id == recipient_id:
        return row
    holding = await freezing.get_issuer(row).see(freezing.place_of(row))
    async with transaction() as session:
        kept = await repository.lock_issuer_ticket(session, row.file_id)
        if kept is None:
            raise _OvertakenError
        # Another process may have recorded it, and even changed the ticket, since it was read.
        if kept.recipient_id == row.recipient_id:
            kept.recipient_id = recipient_id
            kept.step = IssueStep.ASKED
            kept.turn += 1
            kept.order_code = holding.order
            kept.link_digest = holding.link_digest
        return kept


async def _reissue(transaction: Transaction, row: IssuerTicket, recipient_id: UUID) -> None:
    async with transaction() as session:
        user = await users.get_user(session, user_id=recipient_id)
    await freezing.get_issuer(row).reissue(
        freezing.place_of(row),
        was=Holding(row.order_code, row.link_digest),
        to=Recipient(user.email, user.email),
        key=f"gittix-{row.event}-{row.position}-{row.turn}",
    )
    async with transaction() as session:
        kept = await repository.lock_issuer_ticket(session, row.file_id)
        if kept and kept.turn == row.turn and kept.step == IssueStep.ASKED:
            kept.step = IssueStep.ISSUED
            kept.is_frozen = False
    log.info("issuer.reissued", file_id=str(row.file_id), turn=row.turn)


async def _store(
    transaction: Transaction,
    delivery: Delivery,
    seat: _Seat,
    recipient_id: UUID,
    content: bytes,
) -> None:
    """Keep the issuer's file in the place of the old one, which is worthless now."""
    try:
        upload = await uploads.take(
            transaction, owner_id=recipient_id, given_by=delivery.seller_id, data=content
        )
    except FileRefusedError as refusal:
        msg = f"the issuer's file was refused: {refusal.code}"
        raise HopelessError(msg) from refusal
    file_ids = [item.id for item in upload.items]
    if len(file_ids) != 1:
        msg = f"the issuer's file has {len(file_ids)} tickets"
        raise HopelessError(msg)
    old_id = seat.row.file_id
    promise = seat.promise
    async with transaction() as session:
        await tickets.replace_file(
            session, ticket_id=promise.ticket_id, from_id=old_id, to_id=file_ids[0]
        )
        now = await repository.lock_delivery(session, delivery.id)
        files = await reading.describe(session, file_ids=[old_id])
        if now is None or _find_recipient(now, files[old_id].owner_id) != recipient_id:
            raise _OvertakenError
        day = local_day(promise.starts_at, promise.timezone)
        await claims.claim(session, seller_id=recipient_id, file_ids=file_ids, event_day=day)
        await erasure.erase_replaced(session, file_id=old_id)
        row = await repository.lock_issuer_ticket(session, old_id)
        if row is None or row.recipient_id != recipient_id:
            raise _OvertakenError
        row.file_id = file_ids[0]
        row.step = IssueStep.STORED
        if row.ticket_id != promise.ticket_id:
            # Its buyer sells it again already, and the re-issue has unfrozen it.
            await work.want(session, FREEZE_WORK, row.ticket_id)


async def _hand_over(transaction: Transaction, delivery: Delivery) -> None:
    if delivery.method != DeliveryMethod.REISSUE:
        return
    async with transaction() as session:
        for name in (Transition.ISSUED, Transition.HAND_OVER):
            if await moves.move(session, delivery_id=delivery.id, name=name):
                return


async def _give_up(transaction: Transaction, delivery: Delivery, seats: list[_Seat]) -> None:
    """Leave the delivery to the seller, with the tickets that were not issued unfrozen."""
    unissued = [seat.row for seat in seats if seat.row.recipient_id != delivery.buyer_id]
    for row in unissued:
        if row.is_frozen:
            await freezing.unfreeze(transaction, row)
    file_ids = [row.file_id for row in unissued]
    async with transaction() as session:
        due_at = await deadlines.first_due_at(session, promised=[each.promise for each in seats])
        is_moved = delivery.method == DeliveryMethod.REISSUE and await moves.move(
            session,
            delivery_id=delivery.id,
            name=Transition.ISSUE_REFUSED,
            due_at=due_at if delivery.status == DeliveryStatus.ISSUING else delivery.due_at,
            method=DeliveryMethod.FILE_LATER,
        )
        if is_moved:
            # The seller may hand over the same file, if its barcode is still valid.
            await ownership.move(
                session, file_ids=file_ids, from_id=delivery.buyer_id, to_id=delivery.seller_id
            )
            await claims.release(session, file_ids=file_ids)
