"""Tickets that the seller sends after the sale: in the app of their issuer, or as files."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import InvalidInputError
from ticketing_app.deliveries.models import Delivery
from ticketing_app.deliveries.rules import FINAL, DeliveryStatus, Transition
from ticketing_app.deliveries.schemas import FilesHandedOver, ProofGiven
from ticketing_app.deliveries.service import deadlines, moves, sides
from ticketing_app.deliveries.service.sides import DeliveryConflictError
from ticketing_app.orders.service import order_payment
from ticketing_app.tickets import rules as ticket_rules
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.service import promises
from ticketing_app.vault.service import erasure, ownership
from ticketing_app.vault.service.reading import FileMissingError

NO_PROOF = "Give the confirmation number, or a screenshot that shows that you sent it."
NO_SUCH_PROOF = "We could not find this screenshot among your files. Please upload it again."
TOO_LATE = "The time to send is over. The buyer now chooses, and you will hear from us."
SENT_ALREADY = "You have sent these tickets already."
SALE_OVER = "This sale is over: the money goes back to the buyer."
NOT_SENT = "The seller has not sent these tickets yet."
BUYER_SALE_OVER = "This order is over: your money goes back to your card."
OTHER_METHOD = "These tickets are delivered in another way."


async def send(
    session: AsyncSession, *, delivery_id: UUID, seller_id: UUID, proof: ProofGiven
) -> None:
    """Record that the seller transferred the tickets to the buyer's address at their issuer.

    Raises:
        InvalidInputError: there is no proof.
        DeliveryConflictError: the tickets were sent before, or it is too late.
    """
    found = await sides.get_own(
        session, delivery_id=delivery_id, caller_id=seller_id, side="seller"
    )
    delivery = found.delivery
    if delivery.method == DeliveryMethod.TRANSFER:
        await _keep_proof(session, proof, delivery)
    elif delivery.method is not None:
        raise DeliveryConflictError(OTHER_METHOD)
    changes = {"proof_file_id": proof.proof_file_id, "proof_reference": proof.reference}
    is_moved = await moves.move(
        session, delivery_id=delivery_id, name=Transition.SEND, by=seller_id, changes=changes
    )
    if not is_moved:
        raise await _refusal(session, delivery)


async def hand_over(
    session: AsyncSession, *, delivery_id: UUID, seller_id: UUID, files: FilesHandedOver
) -> None:
    """Give the buyer a file for each ticket, in the order of the tickets.

    Raises:
        InvalidInputError: not one file for each ticket.
        KnownTicketError: a file was sold here before, or is for sale.
        DeliveryConflictError: it is too late, or these tickets are not sent as files.
    """
    found = await sides.get_own(
        session, delivery_id=delivery_id, caller_id=seller_id, side="seller"
    )
    delivery = found.delivery
    if delivery.method != DeliveryMethod.FILE_LATER:
        raise DeliveryConflictError(OTHER_METHOD)
    order = await order_payment.get_payable(session, order_id=delivery.order_id, for_update=True)
    if len(files.file_ids) != len(order.items):
        raise InvalidInputError([("fileIds", promises.ONE_FILE_EACH)])
    await _attach(session, delivery, dict(zip(order.ticket_ids, files.file_ids, strict=True)))
    is_moved = await moves.move(
        session, delivery_id=delivery_id, name=Transition.HAND_OVER, by=seller_id
    )
    if not is_moved:
        raise await _refusal(session, delivery)


async def confirm(session: AsyncSession, *, delivery_id: UUID, buyer_id: UUID) -> None:
    """Record that the buyer has the tickets; safe to repeat.

    Raises:
        DeliveryConflictError: the seller has not sent them, or the order is over.
    """
    await sides.get_own(session, delivery_id=delivery_id, caller_id=buyer_id, side="buyer")
    is_moved = await moves.move(
        session, delivery_id=delivery_id, name=Transition.CONFIRM, by=buyer_id
    )
    status = await sides.get_status(session, delivery_id)
    if not is_moved and status is not DeliveryStatus.RECEIVED:
        raise DeliveryConflictError(BUYER_SALE_OVER if status in FINAL else NOT_SENT)


async def _keep_proof(session: AsyncSession, proof: ProofGiven, delivery: Delivery) -> None:
    if proof.proof_file_id is None:
        if not proof.reference:
            raise InvalidInputError([("reference", NO_PROOF)])
        return
    start = (await deadlines.list_promises(session, order_id=delivery.order_id))[0]
    event_day = ticket_rules.local_day(start.starts_at, start.timezone)
    try:
        await erasure.keep_proof(
            session,
            owner_id=delivery.seller_id,
            file_id=proof.proof_file_id,
            event_day=event_day,
        )
    except FileMissingError:
        raise InvalidInputError([("proofFileId", NO_SUCH_PROOF)]) from None


async def _attach(session: AsyncSession, delivery: Delivery, files: dict[UUID, UUID]) -> None:
    await promises.attach_files(session, seller_id=delivery.seller_id, files=files)
    await ownership.move(
        session, file_ids=list(files.values()), from_id=delivery.seller_id, to_id=delivery.buyer_id
    )


async def _refusal(session: AsyncSession, delivery: Delivery) -> DeliveryConflictError:
    status = await sides.get_status(session, delivery.id)
    if status in FINAL:
        return DeliveryConflictError(SALE_OVER)
    is_late = status is DeliveryStatus.LATE
    return DeliveryConflictError(TOO_LATE if is_late else SENT_ALREADY)
