"""Access to the charge of an order, and its two ends. Called inside a transaction."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import ChargeFailed
from ticketing_app.orders.schemas import PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import ChargeStatus, Reason
from ticketing_app.work import due as work

log = get_logger()

CHARGES_ENDED = Counter(
    "gittix_charges_ended_total",
    "Ended payments: completed, or the reason of the failure.",
    ["outcome"],
)
metrics.start_at_zero(CHARGES_ENDED, [ChargeStatus.COMPLETED, *Reason])


class ChargeNotFoundError(AppError):
    # Also for a charge of another buyer's order: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this payment among yours."


class ChargeWithOrder(NamedTuple):
    charge: Charge
    order: PayableOrder

    @property
    def is_open(self) -> bool:
        return self.charge.status == ChargeStatus.CREATED

    @property
    def is_over(self) -> bool:
        return rules.is_over(self.order.status, is_running=self.order.is_running)


async def get_charge(
    session: AsyncSession,
    *,
    charge_id: UUID,
    buyer_id: UUID | None = None,
    for_update: bool = False,
) -> ChargeWithOrder:
    """Return a charge and its order; `buyer_id` restricts it to that buyer's orders."""
    charge = await repository.get_charge(session, charge_id)
    if charge is None:
        raise ChargeNotFoundError
    # With `for_update` a claim in progress has ended and the order cannot change until the end of the
    # transaction, so `is_over` is final.
    order = await order_payment.get_payable(
        session, order_id=charge.order_id, for_update=for_update
    )
    if for_update:
        # The charge may have ended while this waited for the lock: refresh the same object.
        await repository.get_charge(session, charge_id)
    if buyer_id is not None and order.buyer_id != buyer_id:
        raise ChargeNotFoundError
    return ChargeWithOrder(charge, order)


async def complete(session: AsyncSession, *, charge_id: UUID) -> bool:
    """Mark the charge paid; false if it ended before."""
    completed = await repository.change_open(
        session,
        charge_id,
        status=ChargeStatus.COMPLETED,
        failure_code=None,
        client_address=None,
        version=col(Charge.version) + 1,
    )
    if completed:
        metrics.count_after_commit(session, CHARGES_ENDED.labels(ChargeStatus.COMPLETED))
    return completed is not None


async def fail(
    session: AsyncSession, *, charge_id: UUID, reason: Reason, is_unopened: bool = False
) -> None:
    """Mark the charge failed; it can no longer be paid. The code of the last decline takes precedence."""
    failed = await repository.change_open(
        session,
        charge_id,
        is_unopened=is_unopened,
        status=ChargeStatus.FAILED,
        failure_code=func.coalesce(col(Charge.failure_code), reason),
        client_address=None,
        version=col(Charge.version) + 1,
    )
    if failed:
        outbox.record(session, ChargeFailed(failure_code=failed.failure_code, **facts(failed)))
        metrics.count_after_commit(session, CHARGES_ENDED.labels(reason))
        log.info("charge.failed", charge_id=str(charge_id), failure_code=failed.failure_code)


async def check_soon(session: AsyncSession, *, charge_id: UUID) -> None:
    """Check the charge at Stripe unless browser or webhook report its end in time."""
    at = utc_now() + timedelta(seconds=rules.CHECK_AFTER_SECONDS)
    await work.want(session, rules.CHARGE_WORK, charge_id, at=at, is_moved=True)


def facts(charge: Charge) -> dict[str, Any]:
    columns = charge.model_dump(include={"order_id", "amount_cents", "currency", "stripe_id"})
    return {"charge_id": charge.id, "charge_version": charge.version, **columns}
