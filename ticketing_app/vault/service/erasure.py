"""The end of files: the key in the row first, then the objects, which are noise without it."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.vault import repository, rules


async def keep_until(
    session: AsyncSession, *, file_ids: Collection[UUID], event_day: date | None
) -> None:
    """Move the end of the keeping of listed or sold files, as their event was moved."""
    await repository.set_erase_at(session, file_ids, erase_at=rules.erase_at(event_day))


async def erase_replaced(session: AsyncSession, *, file_id: UUID) -> None:
    """Erase a file whose ticket was issued anew; its barcodes stay claimed."""
    await repository.erase_keys(session, [file_id])
