"""All tickets of a person: what keeps their account, their export, and the end of it."""

from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.tickets.repository import drafts
from ticketing_app.tickets.repository import personal as repository
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import tickets

# A buyer of a ticket without a date may need its seller for this long.
UNDATED = timedelta(days=30)
PAGE = 500


class SaleObstacle(StrEnum):
    """Why a seller is still needed."""

    BEING_BOUGHT = "being_bought"
    SOLD_FOR_LATER = "sold_for_later"


class Sales(NamedTuple):
    obstacles: set[SaleObstacle]
    order_ids: list[UUID]  # Of sold and held tickets.


async def read_sales(session: AsyncSession, *, seller_id: UUID) -> Sales:
    found = await repository.read_sales(session, seller_id, UNDATED)
    obstacles = set[SaleObstacle]()
    if found.is_any_locked:
        obstacles.add(SaleObstacle.BEING_BOUGHT)
    if found.is_any_coming:
        obstacles.add(SaleObstacle.SOLD_FOR_LATER)
    return Sales(obstacles, found.order_ids)


async def count_coming(session: AsyncSession, *, ticket_ids: Collection[UUID]) -> int:
    """Count those of these tickets whose event has not begun."""
    return await repository.count_coming(session, ticket_ids)


async def withdraw_all(session: AsyncSession, *, seller_id: UUID) -> bool:
    """Take all tickets of the seller off sale; false, without a change, if one is being bought."""
    rows = await repository.lock_unsold(session, seller_id)
    if any(row.is_locked for row in rows):
        return False
    for row in rows:
        row.ticket.status = TicketStatus.WITHDRAWN
        await tickets.save_new_version(session, row.ticket)
    return True


async def export(session: AsyncSession, *, seller_id: UUID) -> AsyncIterator[TicketRead]:
    """Return every ticket that the seller ever listed, oldest first."""
    after = None
    while page := await repository.list_by_seller(session, seller_id, after=after, limit=PAGE):
        for row in page:
            yield tickets.to_read(row, seller_id)
        after = page[-1].ticket.id


async def erase(session: AsyncSession, *, seller_id: UUID) -> None:
    """Delete the seller's draft and words; tickets stay for the books of their buyers."""
    await drafts.delete_draft(session, seller_id)
    await repository.erase_words(session, seller_id)
