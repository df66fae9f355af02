from datetime import timedelta
from uuid import UUID

from sqlalchemy import Text, cast, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.tickets.models import ListingDraft
from ticketing_app.tickets.rules import DRAFT_DAYS, DRAFT_MAX_BYTES
from ticketing_app.tickets.schemas.listings import DraftRead


async def get_draft(session: AsyncSession, user_id: UUID) -> ListingDraft | None:
    query = select(ListingDraft).where(ListingDraft.user_id == user_id)
    return (await session.exec(query)).one_or_none()


async def get_draft_for_update(session: AsyncSession, user_id: UUID) -> ListingDraft | None:
    query = select(ListingDraft).where(ListingDraft.user_id == user_id).with_for_update()
    return (await session.exec(query)).one_or_none()


async def merge_fields(
    session: AsyncSession, user_id: UUID, fields: dict[str, str]
) -> DraftRead | None:
    """Return the draft; None, and no change, if it would exceed its size."""
    new = insert(ListingDraft).values(
        user_id=user_id, content=fields, version=1, updated_at=func.now()
    )
    # Merged in SQL: two devices that edit different fields do not overwrite each other.
    merged = col(ListingDraft.content).op("||")(new.excluded.content)
    query = new.on_conflict_do_update(
        index_elements=["user_id"],
        set_={
            "content": merged,
            "version": col(ListingDraft.version) + 1,
            "updated_at": func.now(),
        },
        where=func.octet_length(cast(merged, Text)) <= DRAFT_MAX_BYTES,
    ).returning(col(ListingDraft.content), col(ListingDraft.version))
    row = (await (await session.connection()).execute(query)).one_or_none()
    return DraftRead(fields=row.content, version=row.version) if row else None


async def delete_draft(session: AsyncSession, user_id: UUID) -> None:
    await session.exec(delete(ListingDraft).where(col(ListingDraft.user_id) == user_id))


async def delete_old(session: AsyncSession, limit: int) -> int:
    is_old = col(ListingDraft.updated_at) < func.now() - timedelta(days=DRAFT_DAYS)
    return await db.delete_batch(session, ListingDraft, is_old, limit=limit)
