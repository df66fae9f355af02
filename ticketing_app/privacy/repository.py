"""SQL of deletions and exports."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.privacy.models import Deletion, Export


class ExportRow(NamedTuple):
    """An export without its content."""

    id: UUID
    requested_at: datetime
    expires_at: datetime
    is_ready: bool


async def get_deletion(session: AsyncSession, user_id: UUID) -> Deletion | None:
    return (await session.exec(select(Deletion).where(Deletion.user_id == user_id))).one_or_none()


async def get_due_deletion(session: AsyncSession, user_id: UUID) -> Deletion | None:
    """Return the deletion of the account if it is due."""
    query = select(Deletion).where(Deletion.user_id == user_id, Deletion.due_at <= func.now())
    return (await session.exec(query)).one_or_none()


async def add_deletion(session: AsyncSession, deletion: Deletion) -> None:
    """A second request keeps the first date."""
    values = deletion.model_dump()
    await session.exec(insert(Deletion).values(**values).on_conflict_do_nothing())


async def delete_deletion(session: AsyncSession, user_id: UUID) -> bool:
    """Whether there was one."""
    statement = delete(Deletion).where(col(Deletion.user_id) == user_id)
    return (await session.exec(statement)).rowcount > 0


def add_export(session: AsyncSession, export: Export) -> None:
    session.add(export)


async def get_export(session: AsyncSession, export_id: UUID) -> Export | None:
    """Return the export with its content."""
    return (await session.exec(select(Export).where(Export.id == export_id))).one_or_none()


async def list_exports(session: AsyncSession, user_id: UUID) -> list[ExportRow]:
    """Return the exports of an account that have not expired, newest first."""
    query = (
        select(Export.id, Export.requested_at, Export.expires_at, col(Export.content).is_not(None))
        .where(Export.user_id == user_id, Export.expires_at > func.now())
        .order_by(col(Export.id).desc())
    )
    return [ExportRow(*row) for row in (await session.exec(query)).all()]


async def fill_export(
    session: AsyncSession, export_id: UUID, *, content: bytes, expires_at: datetime
) -> None:
    statement = update(Export).where(col(Export.id) == export_id)
    await session.exec(statement.values(content=content, expires_at=expires_at))


async def delete_exports(session: AsyncSession, user_id: UUID) -> None:
    await session.exec(delete(Export).where(col(Export.user_id) == user_id))


async def delete_expired(session: AsyncSession, limit: int) -> int:
    """Delete up to `limit` exports that have expired; return the count."""
    return await db.delete_batch(session, Export, col(Export.expires_at) < func.now(), limit=limit)
