"""The seal: the owner of delivered files opens them, once and for good, and reads them afterwards."""

import re
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.deliveries.schemas import DeliveredPart, DeliveryItem, DeliveryRead
from ticketing_app.deliveries.service import moves, queries
from ticketing_app.orders.service import ownership
from ticketing_app.vault import rules as vault
from ticketing_app.vault.schemas import Reader
from ticketing_app.vault.service import reading

_PART = re.compile(r"([1-9]\d?)(?:-((?:code|page)-[1-9]\d?))?")
EXTENSIONS = {
    "application/pdf": "pdf",
    "application/vnd.apple.pkpass": "pkpass",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "text/uri-list": "txt",
}
REFUSALS = {
    DeliveryStatus.FAILED: "This delivery failed, and your money goes back to you.",
    DeliveryStatus.VOIDED: "This order was refunded, so its tickets are not yours any more.",
}
NOT_HERE = "These tickets are not here yet."
OTHER_OWNER = "These tickets have another owner now."


class NotOpenableError(AppError):
    status = HTTPStatus.CONFLICT


class NotTheBuyerError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = "Only the buyer can open these tickets."


class UnconfirmedReaderError(AppError):
    status = HTTPStatus.FORBIDDEN
    message = (
        "Confirm your email first, then your tickets open. Use the link that we mailed you, or have it "
        "mailed again on your account page."
    )


class PartNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this ticket among yours."


async def open_delivery(
    session: AsyncSession, *, delivery_id: UUID, reader: Reader
) -> DeliveryRead:
    """Open the files of a delivery that the reader owns; repeating has no effect.

    Raises:
        DeliveryNotFoundError, UnconfirmedReaderError
        NotTheBuyerError: the reader is the seller.
        NotOpenableError: the tickets are not here, refunded, or have another owner.
        SeatNotFreeError: one is for sale again, offered to a friend, or disputed.
    """
    delivery = await _find(session, delivery_id, reader)
    if not delivery.own_items:
        raise _refusal(delivery, reader)
    # Locks the tickets, as refunds, relistings and gifts do.
    ticket_ids = [item.ticket_id for item in delivery.own_items]
    await ownership.require_own(session, owner_id=reader.user_id, ticket_ids=ticket_ids)
    await moves.move(session, delivery_id=delivery_id, name=Transition.OPEN, by=reader.user_id)
    await reading.break_seal(session, file_ids=delivery.own_file_ids, reader=reader)
    opened = await _find(session, delivery_id, reader)
    if opened.status is not DeliveryStatus.RECEIVED:
        raise _refusal(opened, reader)
    return opened


async def read_part(
    transaction: Transaction, *, delivery_id: UUID, part: str, reader: Reader
) -> DeliveredPart:
    """Return a part of an opened ticket: `1` is the file of the first one, `1-code-2` its second barcode.

    Raises:
        DeliveryNotFoundError, UnconfirmedReaderError
        PartNotFoundError, FileMissingError: there is none, or it has another owner.
        FileSealedError: it is not opened.
        FileErasedError, FileDamagedError, StorageError: it cannot be read.
    """
    matched = _PART.fullmatch(part)
    if matched is None:
        raise PartNotFoundError
    async with transaction() as session:
        delivery = await _find(session, delivery_id, reader)
    item = _own_item(delivery, int(matched[1]))
    if item.file is None or item.file.file_id is None:
        raise PartNotFoundError
    found = await reading.read_part(
        transaction, file_id=item.file.file_id, part=matched[2] or vault.CLEAN, reader=reader
    )
    brand = get_settings().brand_name
    name = f"{brand}-{delivery.order_id.hex[-8:]}-{part}.{EXTENSIONS[found.media_type]}"
    return DeliveredPart(*found, name)


async def _find(session: AsyncSession, delivery_id: UUID, reader: Reader) -> DeliveryRead:
    delivery = await queries.get_by_id(session, delivery_id=delivery_id, viewer_id=reader.user_id)
    if get_settings().max_unconfirmed_holds and not await users.is_confirmed(
        session, user_id=reader.user_id
    ):
        raise UnconfirmedReaderError
    return delivery


def _own_item(delivery: DeliveryRead, number: int) -> DeliveryItem:
    for item in delivery.own_items:
        if item.number == number:
            return item
    raise PartNotFoundError


def _refusal(delivery: DeliveryRead, reader: Reader) -> AppError:
    if reader.user_id == delivery.seller_id:
        return NotTheBuyerError()
    if delivery.status in REFUSALS:
        return NotOpenableError(REFUSALS[delivery.status])
    has_files = any(item.file for item in delivery.items)
    return NotOpenableError(OTHER_OWNER if has_files else NOT_HERE)
