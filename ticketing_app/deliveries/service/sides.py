"""The two sides of a delivery, and the refusals of their acts."""

from http import HTTPStatus
from typing import Literal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.deliveries import repository
from ticketing_app.deliveries.repository import DeliveryNow
from ticketing_app.deliveries.rules import DeliveryStatus, status_now
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError

Side = Literal["buyer", "seller"]


class WrongSideError(AppError):
    status = HTTPStatus.FORBIDDEN

    def __init__(self, side: Side) -> None:
        super().__init__(f"Only the {side} of these tickets can do this.")


class DeliveryConflictError(AppError):
    status = HTTPStatus.CONFLICT


async def get_own(
    session: AsyncSession, *, delivery_id: UUID, caller_id: UUID, side: Side
) -> DeliveryNow:
    """Return the delivery of the caller.

    Raises:
        DeliveryNotFoundError: no such delivery, or one between other people.
        WrongSideError: the caller is on the other side of it.
    """
    found = await repository.get_delivery(session, delivery_id)
    if found is None or caller_id not in {found.delivery.buyer_id, found.delivery.seller_id}:
        raise DeliveryNotFoundError
    own_id = found.delivery.buyer_id if side == "buyer" else found.delivery.seller_id
    if caller_id != own_id:
        raise WrongSideError(side)
    return found


async def get_status(session: AsyncSession, delivery_id: UUID) -> DeliveryStatus:
    """Return the status for people."""
    found = await repository.get_delivery(session, delivery_id)
    if found is None:
        raise DeliveryNotFoundError
    return shown_status(found)


def shown_status(found: DeliveryNow) -> DeliveryStatus:
    return status_now(DeliveryStatus(found.delivery.status), is_running=found.is_running)
