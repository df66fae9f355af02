"""SQL of files behind tickets."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.rules import UNSOLD


async def list_offered(session: AsyncSession, file_ids: Collection[UUID]) -> list[Ticket]:
    """Return the unsold tickets with one of these files."""
    query = select(Ticket).where(
        col(Ticket.vault_file_id).in_(file_ids), col(Ticket.status).in_(UNSOLD)
    )
    return list((await session.exec(query)).all())
