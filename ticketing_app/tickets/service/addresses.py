"""Tell search engines where tickets are."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.repository import addresses as repository
from ticketing_app.tickets.schemas import TicketAddress


async def list_addresses(
    session: AsyncSession, *, limit: int, before: UUID | None = None
) -> list[TicketAddress]:
    """Return up to `limit` tickets that the list shows on some page, newest first.

    `before` is the last id that was returned, where one goes on.
    """
    return await repository.list_addresses(session, limit, before)
