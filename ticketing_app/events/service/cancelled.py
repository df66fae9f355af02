from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.repository import cancelled as repository


async def list_cancelled(session: AsyncSession, *, since: datetime) -> list[UUID]:
    """Return the cancelled events that begin, or would have begun, after `since`."""
    return await repository.list_cancelled(session, since)
