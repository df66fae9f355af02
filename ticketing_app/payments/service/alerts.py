"""Alerts for operators: published and logged when raised, counted when repeated."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import PaymentAlertRaised
from ticketing_app.payments import repository
from ticketing_app.payments.models import PaymentAlert
from ticketing_app.payments.rules import AlertKind

log = get_logger()


class AlertNotFoundError(AppError):
    def __init__(self, alert_id: UUID) -> None:
        super().__init__(f"There is no open alert {alert_id}.")


async def raise_alert(
    session: AsyncSession, kind: AlertKind, *, subject: str, order_id: UUID | None, detail: str
) -> None:
    alert, is_new = await repository.add_alert(
        session, PaymentAlert(kind=kind, subject=subject, order_id=order_id, detail=detail)
    )
    if is_new:
        facts = alert.model_dump(include={"kind", "subject", "order_id", "detail"})
        outbox.record(
            session, PaymentAlertRaised(alert_id=alert.id, alert_version=alert.seen, **facts)
        )
        log.error(
            "payment.alert", kind=kind, subject=subject, order_id=str(order_id), detail=detail
        )


async def list_open(session: AsyncSession) -> list[PaymentAlert]:
    return await repository.list_open_alerts(session)


async def resolve(session: AsyncSession, *, alert_id: UUID) -> None:
    """Close an alert; it opens again if the problem is seen again."""
    if not await repository.resolve_alert(session, alert_id):
        raise AlertNotFoundError(alert_id)
