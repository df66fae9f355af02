"""Deletion of old rows; charges are accounting records and stay."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.settings import get_settings
from ticketing_app.payments import repository

ALERT_DAYS = 365


async def delete_handled_webhooks(session: AsyncSession, limit: int) -> int:
    days = get_settings().retention_days
    if days == 0:
        return 0
    return await repository.delete_handled_webhooks(session, days=days, limit=limit)


async def delete_resolved_alerts(session: AsyncSession, limit: int) -> int:
    if get_settings().retention_days == 0:
        return 0
    return await repository.delete_resolved_alerts(session, days=ALERT_DAYS, limit=limit)
