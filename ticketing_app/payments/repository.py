"""SQL of payments."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, not_, or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import new_id
from ticketing_app.payments.models import (
    IS_WORK,
    Charge,
    ChargeDecline,
    PaymentAlert,
    Refund,
    Webhook,
)
from ticketing_app.payments.rules import UNDONE_REFUND, ChargeStatus, RefundStatus


async def get_charge(session: AsyncSession, charge_id: UUID) -> Charge | None:
    """Return the present row, even if this session has loaded the charge before."""
    query = select(Charge).where(Charge.id == charge_id)
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def get_open_charge(session: AsyncSession, order_id: UUID) -> Charge | None:
    query = select(Charge).where(Charge.order_id == order_id, Charge.status == ChargeStatus.CREATED)
    return (await session.exec(query)).one_or_none()


async def get_by_stripe_id(session: AsyncSession, stripe_id: str) -> Charge | None:
    return (await session.exec(select(Charge).where(Charge.stripe_id == stripe_id))).one_or_none()


async def get_paid_charge(session: AsyncSession, order_id: UUID) -> Charge | None:
    """Return the charge of this order that took money, in time or too late."""
    query = select(Charge).where(
        Charge.order_id == order_id,
        or_(col(Charge.status) == ChargeStatus.COMPLETED, col(Charge.refund_status).is_not(None)),
    )
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def list_by_orders(session: AsyncSession, order_ids: Collection[UUID]) -> list[Charge]:
    query = select(Charge).where(col(Charge.order_id).in_(order_ids))
    return list((await session.exec(query.order_by(col(Charge.id)))).all())


async def list_completed(
    session: AsyncSession, *, since: datetime, until: datetime | None = None
) -> list[Charge]:
    query = select(Charge).where(
        Charge.status == ChargeStatus.COMPLETED,
        col(Charge.created_at) >= since,
        *([col(Charge.created_at) <= until] if until else []),
    )
    return list((await session.exec(query)).all())


async def add_unless_open(session: AsyncSession, charge: Charge) -> bool:
    """Add the charge; false if its order has an open or paid one, added by a concurrent request."""
    statement = (
        insert(Charge)
        .values(charge.model_dump())
        .on_conflict_do_nothing(
            index_elements=["order_id"], index_where=text("status IN ('created', 'completed')")
        )
        .returning(col(Charge.id))
    )
    return (await session.exec(statement)).one_or_none() is not None


async def change_open(
    session: AsyncSession, charge_id: UUID, *, is_unopened: bool = False, **values: object
) -> Charge | None:
    """Update the charge if it is open and, with `is_unopened`, has no intent; return None otherwise."""
    statement = (
        update(Charge)
        .where(
            col(Charge.id) == charge_id,
            col(Charge.status) == ChargeStatus.CREATED,
            *([col(Charge.stripe_id).is_(None)] if is_unopened else []),
        )
        .values(**values)
        .returning(Charge)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(statement)).scalar_one_or_none()


async def change(session: AsyncSession, charge_id: UUID, **values: object) -> Charge:
    statement = update(Charge).where(col(Charge.id) == charge_id).values(**values)
    changed = statement.returning(Charge).execution_options(populate_existing=True)
    return (await session.exec(changed)).scalar_one()


async def get_refund(session: AsyncSession, refund_id: UUID) -> tuple[Refund, Charge] | None:
    query = select(Refund, Charge).join(Charge, col(Charge.id) == Refund.charge_id)
    fresh = query.where(Refund.id == refund_id).execution_options(populate_existing=True)
    return (await session.exec(fresh)).one_or_none()


async def list_refunds(session: AsyncSession, charge_id: UUID) -> list[Refund]:
    """Return the present rows, oldest first."""
    query = select(Refund).where(Refund.charge_id == charge_id)
    ordered = query.order_by(col(Refund.created_at), col(Refund.id))
    return list((await session.exec(ordered.execution_options(populate_existing=True))).all())


async def add_refund(session: AsyncSession, **values: Any) -> Refund:  # noqa: ANN401  # columns.
    defaults = {"id": new_id(), "status": RefundStatus.DUE, "created_at": func.clock_timestamp()}
    statement = insert(Refund).values(defaults | values).returning(Refund)
    return (await session.exec(statement)).scalar_one()


async def change_refund(session: AsyncSession, refund_id: UUID, **values: object) -> Refund:
    statement = update(Refund).where(col(Refund.id) == refund_id).values(**values)
    changed = statement.returning(Refund).execution_options(populate_existing=True)
    return (await session.exec(changed)).scalar_one()


async def begin_attempt(session: AsyncSession, refund_id: UUID, attempt: int) -> None:
    statement = update(Refund).where(col(Refund.id) == refund_id)
    await session.exec(statement.values(attempt=func.greatest(col(Refund.attempt), attempt)))


async def delete_refund(session: AsyncSession, refund_id: UUID) -> None:
    await session.exec(delete(Refund).where(col(Refund.id) == refund_id))


async def add_decline(session: AsyncSession, decline: ChargeDecline) -> bool:
    # Same clock as the order's history: the buyer sees both in one list.
    now = {"created_at": func.clock_timestamp()}
    statement = (
        insert(ChargeDecline)
        .values(decline.model_dump() | now)
        .on_conflict_do_nothing()
        .returning(col(ChargeDecline.charge_id))
    )
    return (await session.exec(statement)).one_or_none() is not None


async def list_declines(session: AsyncSession, order_id: UUID) -> list[ChargeDecline]:
    query = (
        select(ChargeDecline)
        .join(Charge, col(Charge.id) == ChargeDecline.charge_id)
        .where(Charge.order_id == order_id)
        .order_by(col(ChargeDecline.created_at))
    )
    return list((await session.exec(query)).all())


# ---- unfinished --------------------------------------------------------------------------------


def seconds_from_now(seconds: float) -> ColumnElement[Any]:
    return func.clock_timestamp() + timedelta(seconds=seconds)


# The time is for a worker of the previous version.
_RESET_CHECKS = text("""
    UPDATE charges SET checks = 0, next_check_at = now()
    WHERE order_id = :order_id AND status = 'created'
    RETURNING id
""")


async def reset_checks(session: AsyncSession, order_id: UUID) -> UUID | None:
    """Forget the checks of the order's open charge; return its id."""
    # Without flushing: the events of many orders are then written at once.
    return await (await session.connection()).scalar(_RESET_CHECKS, {"order_id": order_id})


# A refund with a row is work of its own; the previous version of the program adds none.
_HAS_REFUND = (
    select(Refund.id)
    .where(col(Refund.charge_id) == Charge.id, col(Refund.status).in_(UNDONE_REFUND))
    .exists()
)


async def get_unfinished(session: AsyncSession, charge_id: UUID) -> Charge | None:
    query = select(Charge).where(Charge.id == charge_id, text(f"({IS_WORK})"))
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def list_unfinished(session: AsyncSession) -> list[UUID]:
    query = select(Charge.id).where(text(f"({IS_WORK})"), not_(_HAS_REFUND))
    return list((await session.exec(query)).all())


async def list_undone_refunds(session: AsyncSession) -> list[UUID]:
    query = select(Refund.id).where(col(Refund.status).in_(UNDONE_REFUND))
    return list((await session.exec(query)).all())


async def add_webhook(session: AsyncSession, webhook: Webhook) -> bool:
    statement = (
        insert(Webhook)
        .values(webhook.model_dump())
        .on_conflict_do_nothing()
        .returning(col(Webhook.id))
    )
    return (await session.exec(statement)).one_or_none() is not None


async def get_unhandled_webhook(session: AsyncSession, event_id: str) -> Webhook | None:
    query = select(Webhook).where(Webhook.id == event_id, col(Webhook.handled_at).is_(None))
    return (await session.exec(query)).one_or_none()


async def list_unhandled_webhooks(session: AsyncSession) -> list[Webhook]:
    query = select(Webhook).where(col(Webhook.handled_at).is_(None))
    return list((await session.exec(query.order_by(col(Webhook.received_at)))).all())


async def mark_handled(session: AsyncSession, event_id: str) -> None:
    statement = update(Webhook).where(col(Webhook.id) == event_id)
    await session.exec(statement.values(handled_at=func.now()))


async def reset_webhook(session: AsyncSession, event_id: str) -> Webhook | None:
    """Make a webhook unhandled; None if it was never stored."""
    renewed = (
        update(Webhook)
        .where(col(Webhook.id) == event_id)
        .values(handled_at=None)
        .returning(Webhook)
    )
    return (await session.exec(renewed)).scalar_one_or_none()


# ---- alerts ------------------------------------------------------------------------------------


async def add_alert(session: AsyncSession, alert: PaymentAlert) -> tuple[PaymentAlert, bool]:
    """Add the alert or count it again; also return whether it is new or was resolved before."""
    known = select(PaymentAlert).where(
        PaymentAlert.kind == alert.kind, PaymentAlert.subject == alert.subject
    )
    before = (await session.exec(known.with_for_update())).one_or_none()
    is_open = before is not None and before.resolved_at is None
    statement = (
        insert(PaymentAlert)
        .values(alert.model_dump())
        .on_conflict_do_update(
            index_elements=["kind", "subject"],
            set_={
                "seen": col(PaymentAlert.seen) + 1,
                "detail": alert.detail,
                "last_seen_at": func.clock_timestamp(),
                "resolved_at": None,
            },
        )
        .returning(PaymentAlert)
    )
    saved = (
        await session.exec(statement, execution_options={"populate_existing": True})
    ).scalar_one()
    return saved, not is_open


async def list_open_alerts(session: AsyncSession) -> list[PaymentAlert]:
    query = select(PaymentAlert).where(col(PaymentAlert.resolved_at).is_(None))
    return list((await session.exec(query.order_by(col(PaymentAlert.id)))).all())


async def resolve_alert(session: AsyncSession, alert_id: UUID) -> bool:
    resolved = (
        update(PaymentAlert)
        .where(col(PaymentAlert.id) == alert_id, col(PaymentAlert.resolved_at).is_(None))
        .values(resolved_at=func.clock_timestamp())
        .returning(col(PaymentAlert.id))
    )
    return (await session.exec(resolved)).scalar_one_or_none() is not None


# ---- backlog -----------------------------------------------------------------------------------


async def count_open_refunds(session: AsyncSession) -> dict[str, int]:
    query = (
        select(Refund.status, func.count())
        .where(col(Refund.status).in_(UNDONE_REFUND))
        .group_by(col(Refund.status))
    )
    return dict((await session.exec(query)).all())


async def count_open_alerts(session: AsyncSession) -> dict[str, int]:
    query = (
        select(PaymentAlert.kind, func.count())
        .where(col(PaymentAlert.resolved_at).is_(None))
        .group_by(col(PaymentAlert.kind))
    )
    return dict((await session.exec(query)).all())


# ---- retention ---------------------------------------------------------------------------------


async def delete_handled_webhooks(session: AsyncSession, *, days: int, limit: int) -> int:
    # A CTE: a plain subquery may run again for each row of a nested loop, and exceed `limit`.
    old = (
        select(Webhook.id)
        .where(col(Webhook.handled_at) < func.now() - timedelta(days=days))
        .order_by(col(Webhook.handled_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte()
    )
    rows = delete(Webhook).where(col(Webhook.id).in_(select(old.c.id)))
    return (await session.exec(rows)).rowcount


async def delete_resolved_alerts(session: AsyncSession, *, days: int, limit: int) -> int:
    old = (
        select(PaymentAlert.id)
        .where(col(PaymentAlert.resolved_at) < func.now() - timedelta(days=days))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte()
    )
    rows = delete(PaymentAlert).where(col(PaymentAlert.id).in_(select(old.c.id)))
    return (await session.exec(rows)).rowcount
