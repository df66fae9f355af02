from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.cases.models import Case, CaseAnswer
from ticketing_app.cases.rules import CaseStatus
from ticketing_app.core import db

ERASED = "erased"


def add(session: AsyncSession, row: Case | CaseAnswer) -> None:
    session.add(row)


async def get_by_number(
    session: AsyncSession, number: str, *, for_update: bool = False
) -> Case | None:
    query = select(Case).where(Case.number == number)
    return (await session.exec(query.with_for_update() if for_update else query)).first()


async def list_cases(
    session: AsyncSession,
    *,
    limit: int,
    user_id: UUID | None = None,
    are_unclosed: bool = False,
) -> list[Case]:
    """Return the newest cases first: of this user, those that are not closed, or all."""
    query = select(Case).order_by(col(Case.id).desc()).limit(limit)
    if user_id:
        query = query.where(Case.user_id == user_id)
    if are_unclosed:
        query = query.where(Case.status != CaseStatus.CLOSED)
    return list(await session.exec(query))


async def list_answers(session: AsyncSession, case_ids: Collection[UUID]) -> list[CaseAnswer]:
    query = select(CaseAnswer).where(col(CaseAnswer.case_id).in_(case_ids))
    return list(await session.exec(query.order_by(col(CaseAnswer.id))))


async def erase(session: AsyncSession, *, user_id: UUID, address: str) -> list[UUID]:
    """Empty the words of these reporters, and of the answers to them; return the cases."""
    statement = (
        update(Case)
        .where(or_(col(Case.user_id) == user_id, col(Case.email) == address))
        .values(email=ERASED, name="", message=ERASED)
        .returning(col(Case.id))
    )
    case_ids = list((await session.exec(statement)).scalars().all())
    answers = update(CaseAnswer).where(col(CaseAnswer.case_id).in_(case_ids))
    await session.exec(answers.values(message=ERASED))
    return case_ids


async def delete_old(session: AsyncSession, *, days: int, limit: int) -> int:
    """Delete up to `limit` cases that were closed this long ago, with their answers; return the count."""
    is_old = col(Case.closed_at) < func.now() - timedelta(days=days)
    return await db.delete_batch(session, Case, is_old, limit=limit)
