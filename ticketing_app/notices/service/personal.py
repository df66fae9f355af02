"""What a person was told: for the export, and for the erasure."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices import repository
from ticketing_app.notices.schemas import NoticeExport, NoticesExport

DAYS = 180


async def export(session: AsyncSession, *, user_id: UUID) -> NoticesExport:
    notices = await repository.list_all_notices(session, user_id)
    choices = await repository.list_all_choices(session, user_id)
    return NoticesExport(
        notices=[NoticeExport.model_validate(row.model_dump()) for row in notices],
        choices=choices,
    )


async def delete_old(session: AsyncSession, limit: int) -> int:
    return await repository.delete_old(session, days=DAYS, limit=limit)


async def erase(session: AsyncSession, *, user_id: UUID, address: str) -> None:
    """Delete notices, mails, choices, and what is known about the address."""
    await repository.delete_of_user(session, user_id)
    await repository.delete_of_address(session, address)
