from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.payments import repository
from ticketing_app.payments.rules import UNDONE_REFUND, AlertKind
from ticketing_app.payments.schemas import PaymentBacklog


async def get_backlog(session: AsyncSession) -> PaymentBacklog:
    refunds = dict.fromkeys(map(str, sorted(UNDONE_REFUND)), 0)
    alerts = dict.fromkeys(map(str, AlertKind), 0)
    return PaymentBacklog(
        refunds=refunds | await repository.count_open_refunds(session),
        alerts=alerts | await repository.count_open_alerts(session),
    )
