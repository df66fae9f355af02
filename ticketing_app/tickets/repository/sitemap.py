from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.models import Ticket
from ticketing_app.tickets.repository.search import for_sale_and_upcoming
from ticketing_app.tickets.schemas.tickets import SitemapEntry

_FIRST_VERSION = 1


async def list_entries(
    session: AsyncSession, limit: int, before: UUID | None
) -> list[SitemapEntry]:
    """Return up to `limit` tickets without an event that are older than `before`, newest first."""
    query = (
        select(Ticket.id, Ticket.version, Ticket.created_at)
        .where(
            *for_sale_and_upcoming(),
            col(Ticket.is_front),
            # The page of an event stands for its tickets.
            col(Ticket.event_id).is_(None),
            *([col(Ticket.id) < before] if before else []),
        )
        .order_by(col(Ticket.id).desc())
        .limit(limit)
    )
    # The times of later versions are not stored.
    return [
        SitemapEntry(
            ticket_id=ticket_id,
            last_modified=created_at if version == _FIRST_VERSION else None,
        )
        for ticket_id, version, created_at in (await session.exec(query)).all()
    ]
