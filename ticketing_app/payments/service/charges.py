"""The charge of an order: whose it is, and how it ends. Called inside a transaction."""

from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import metrics
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import ChargeFailed
from ticketing_app.orders.schemas import PayableOrder
from ticketing_app.orders.service import order_payment
from ticketing_app.payments import repository, rules
from ticketing_app.payments.models import Charge
from ticketing_app.payments.rules import ChargeStatus, Reason

log = get_logger()

CHARGES_ENDED = Counter(
    "gittix_charges_ended_total",
    "Payments that are over: completed, or why they failed.",
    ["outcome"],
)
metrics.start_at_zero(CHARGES_ENDED, [ChargeStatus.COMPLETED, *Reason])


class ChargeNotFoundError(AppError):
    # Also for a charge of another buyer's order: its existence must not show.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this payment among yours."


class ChargeWithOrder(NamedTuple):
    """A charge and the order that it pays, as both are now."""

    charge: Charge
    order: PayableOrder

    @property
    def is_open(self) -> bool:
        """Whether the charge has not ended yet."""
        return self.charge.status == ChargeStatus.CREATED

    @property
    def is_over(self) -> bool:
        """Whether the order can never be paid any more."""
        return rules.is_over(self.order.status, is_running=self.order.is_running)


async def get_charge(
    session: AsyncSession,
    *,
    charge_id: UUID,
    buyer_id: UUID | None = None,
    for_update: bool = False,
) -> ChargeWithOrder:
    """Return a charge and its order; with `buyer_id`, only one's own.

    With `for_update` the order stays as it is to the end of the transaction: "it is over" then
    means for ever, whatever claim was under way.

    Raises:
        ChargeNotFoundError: none with this id, or somebody else's.
    """
    charge = await repository.get_charge(session, charge_id)
    if charge is None:
        raise ChargeNotFoundError
    order = await order_payment.get_payable(
        session, order_id=charge.order_id, for_update=for_update
    )
    if for_update:
        # The charge may have ended while this waited; this brings the same object up to date.
        await repository.get_charge(session, charge_id)
    if buyer_id is not None and order.buyer_id != buyer_id:
        raise ChargeNotFoundError
    return ChargeWithOrder(charge, order)


async def complete(session: AsyncSession, *, charge_id: UUID) -> bool:
    """The money is taken and the order ends, in this same transaction; false when it ended before."""
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
    """No ticket was paid and none can be any more. The last decline, if any, is the reason to tell."""
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


def facts(charge: Charge) -> dict[str, Any]:
    """Return what every event of a charge tells."""
    told = charge.model_dump(include={"order_id", "amount_cents", "currency", "stripe_id"})
    return {"charge_id": charge.id, "charge_version": charge.version, **told}
