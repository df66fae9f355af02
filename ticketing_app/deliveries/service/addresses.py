"""The buyer's address at the issuer: where a seller transfers tickets to. It is kept encrypted."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.schemas import Caller
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.models import DeliveryAddress
from ticketing_app.deliveries.rules import SHOWS_ADDRESS, DeliveryStatus
from ticketing_app.deliveries.schemas import AddressExport, AddressRead, AddressUpdate
from ticketing_app.deliveries.service import queries, sides
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import DeliveryAddressChanged
from ticketing_app.orders.rules import PAID
from ticketing_app.orders.schemas import PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.tickets.service import promises
from ticketing_app.vault import envelope
from ticketing_app.vault.envelope import UnreadableFileError, WrappedKey
from ticketing_app.vault.service.keys import KeyMissingError

_PART = "address"
REWRAP_BATCH = 200


class NoAddressNeededError(AppError):
    status = HTTPStatus.CONFLICT
    message = "These tickets are not sent to an address of yours."


class AddressNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "There is no address for these tickets, or it is not shown any more."


class AddressNeededError(AppError):
    status = HTTPStatus.CONFLICT
    field = "address"
    message = "First say where the seller should send your tickets. You were not charged."


class AddressUsedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "The seller has sent your tickets, or the order is over: the address stays as it is."


async def is_proof_needed(session: AsyncSession, *, order_id: UUID, buyer_id: UUID) -> bool:
    """Whether a change of the address needs a fresh proof; raises OrderNotFoundError."""
    order = await order_payment.get_payable(session, order_id=order_id, buyer_id=buyer_id)
    return order.status in PAID


async def is_needed(session: AsyncSession, *, order: PayableOrder) -> bool:
    """Whether the seller sends the tickets of the order to an address at their issuer."""
    found = await promises.list_promises(session, ticket_ids=order.ticket_ids)
    return any(promise.method is DeliveryMethod.TRANSFER for promise in found.values())


async def require(session: AsyncSession, *, order: PayableOrder) -> None:
    """Raises AddressNeededError: nothing may be paid before the seller can know where to send it."""
    if not await is_needed(session, order=order):
        return
    if await repository.get_address(session, order.id) is None:
        raise AddressNeededError


async def save(
    session: AsyncSession, *, order_id: UUID, buyer_id: UUID, address: AddressUpdate
) -> None:
    """Set or replace the address of the buyer's order.

    Raises:
        OrderNotFoundError: no such order of the buyer.
        NoAddressNeededError: the tickets are not transferred.
        OrderNotPayableError: the order has ended.
        AddressUsedError: the seller has sent the tickets.
    """
    # Locks the tickets, which a payment that completes the order locks too.
    order = await order_payment.get_payable(
        session, order_id=order_id, buyer_id=buyer_id, for_update=True
    )
    if not await is_needed(session, order=order):
        raise NoAddressNeededError
    is_paid = order.status in PAID
    if not is_paid and not order.is_running:
        raise OrderNotPayableError(order.status)
    if is_paid:
        await _require_unsent(session, order_id=order_id, buyer_id=buyer_id)
    row = await repository.save_address(session, _seal(order_id, buyer_id, address))
    if is_paid:
        await _record_change(session, row, buyer_id=buyer_id)


async def read(session: AsyncSession, *, order_id: UUID, caller: Caller) -> AddressRead | None:
    """Return the address to the buyer or the seller; raises OrderNotFoundError for others."""
    try:
        return await get_own(session, order_id=order_id, buyer_id=caller.user_id)
    except OrderNotFoundError:
        return await read_for_seller(
            session, order_id=order_id, seller_id=caller.user_id, session_id=caller.session_id
        )


async def get_own(session: AsyncSession, *, order_id: UUID, buyer_id: UUID) -> AddressRead | None:
    """Return the address to the buyer of the order, None before it is set."""
    await order_payment.get_payable(session, order_id=order_id, buyer_id=buyer_id)
    row = await repository.get_address(session, order_id)
    return _unseal(row) if row else None


async def read_for_seller(
    session: AsyncSession, *, order_id: UUID, seller_id: UUID, session_id: UUID
) -> AddressRead | None:
    """Return the address to the seller while they need it, and record that they saw it.

    Raises OrderNotFoundError.
    """
    row = await _find_for_seller(session, order_id, seller_id)
    if row is None:
        return None
    await repository.record_address_read(session, order_id, seller_id, session_id)
    return _unseal(row)


async def _find_for_seller(
    session: AsyncSession, order_id: UUID, seller_id: UUID
) -> DeliveryAddress | None:
    found = await repository.get_by_order(session, order_id)
    if found is None or found.delivery.seller_id != seller_id:
        raise OrderNotFoundError
    if sides.shown_status(found) not in SHOWS_ADDRESS:
        return None
    return await repository.get_address(session, order_id)


async def _require_unsent(session: AsyncSession, *, order_id: UUID, buyer_id: UUID) -> None:
    delivery = await queries.get_delivery(session, order_id=order_id, viewer_id=buyer_id)
    if delivery.status not in {DeliveryStatus.WAITING, DeliveryStatus.LATE}:
        raise AddressUsedError


async def _record_change(session: AsyncSession, row: DeliveryAddress, *, buyer_id: UUID) -> None:
    delivery = await queries.get_delivery(session, order_id=row.order_id, viewer_id=buyer_id)
    event = DeliveryAddressChanged(
        order_id=row.order_id,
        address_id=row.order_id,
        address_version=row.version,
        buyer_id=buyer_id,
        seller_id=delivery.seller_id,
    )
    outbox.record(session, event)


def _seal(order_id: UUID, buyer_id: UUID, address: AddressUpdate) -> DeliveryAddress:
    key = envelope.new_key()
    wrapped = envelope.wrap(key, order_id)
    content = address.model_dump_json().encode()
    return DeliveryAddress(
        order_id=order_id,
        buyer_id=buyer_id,
        key_name=wrapped.key_name,
        wrapped_key=wrapped.wrapped_key,
        sealed=envelope.seal(key, order_id, _PART, content),
    )


def _unseal(row: DeliveryAddress) -> AddressRead:
    key = envelope.unwrap(WrappedKey(row.key_name, row.wrapped_key), row.order_id)
    content = envelope.unseal(key, row.order_id, _PART, row.sealed)
    return AddressRead.model_validate_json(content)


async def rewrap(transaction: Transaction) -> int:
    """Wrap the key of every address by FILES_KEY; raises KeyMissingError."""
    done = 0
    while True:
        async with transaction() as session:
            rows = await repository.list_addresses_of_other_keys(
                session, envelope.current_name(), REWRAP_BATCH
            )
            for row in rows:
                try:
                    key = envelope.unwrap(WrappedKey(row.key_name, row.wrapped_key), row.order_id)
                except UnreadableFileError:
                    raise KeyMissingError from None
                row.key_name, row.wrapped_key = envelope.wrap(key, row.order_id)
        done += len(rows)
        if not rows:
            return done


async def export(session: AsyncSession, *, buyer_id: UUID) -> list[AddressExport]:
    rows = await repository.list_addresses_of(session, buyer_id)
    return [AddressExport(order_id=row.order_id, **_unseal(row).model_dump()) for row in rows]


async def erase(session: AsyncSession, *, buyer_id: UUID) -> None:
    """Delete the addresses of an account that ends."""
    await repository.delete_addresses_of(session, buyer_id)


async def delete_old(session: AsyncSession, limit: int) -> int:
    """Delete addresses that are not needed any more; a job calls it hourly."""
    return await repository.delete_old_addresses(session, limit)


async def list_names(session: AsyncSession, *, order_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names alone, for the seller's list of open tasks."""
    rows = await repository.list_addresses(session, order_ids)
    return {row.order_id: _unseal(row).name for row in rows}
