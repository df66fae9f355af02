from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.payments import repository
from ticketing_app.payments.rules import UNDONE_REFUND, AlertKind
from ticketing_app.payments.schemas import PaymentBacklog


async def get_backlog(session: AsyncSession) -> PaymentBacklog:
    refunds = dict.fromkeys(map(str, sorted(UNDONE_REFUND)), 0)
    alerts = dict.fromkeys(map(str, AlertKind), 0)
    webhooks, oldest = await repository.measure_webhooks(session)
    return PaymentBacklog(
        refunds=refunds | await repository.count_open_refunds(session),
        alerts=alerts | await repository.count_open_alerts(session),
        webhooks=webhooks,
        oldest_webhook_seconds=_seconds(oldest),
        overdue_seconds=_seconds(await repository.measure_overdue(session)),
    )


def _seconds(age: timedelta | None) -> float:
    # The process that wrote a row may have a clock ahead of the database's.
    return max(0.0, age.total_seconds()) if age else 0.0
