"""SQL of cancelled events."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.models import Event
from ticketing_app.events.rules import EventStatus


async def list_cancelled(session: AsyncSession, since: datetime) -> list[UUID]:
    query = select(Event.id).where(
        Event.status == EventStatus.CANCELLED, col(Event.starts_at) >= since
    )
    return list((await session.exec(query.order_by(col(Event.starts_at)))).all())
