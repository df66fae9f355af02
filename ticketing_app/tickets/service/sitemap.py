from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.repository import sitemap as repository
from ticketing_app.tickets.schemas.tickets import SitemapEntry


async def list_entries(
    session: AsyncSession, *, limit: int, before: UUID | None = None
) -> list[SitemapEntry]:
    """Return up to `limit` tickets of the list, newest first; `before` is the last id so far."""
    return await repository.list_entries(session, limit, before)
