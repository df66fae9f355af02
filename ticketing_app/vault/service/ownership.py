from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.vault import repository, rules


async def move(
    session: AsyncSession, *, file_ids: Collection[UUID], from_id: UUID, to_id: UUID
) -> set[UUID]:
    """Give files to another owner; return those that were `from_id`'s. Their seals stay as they are."""
    erase_at = utc_now() + rules.KEPT_WITHOUT_DATE
    return await repository.move_files(
        session, file_ids, from_id=from_id, to_id=to_id, erase_at=erase_at
    )
