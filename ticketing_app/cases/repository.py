from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.cases.models import Case, CaseAnswer
from ticketing_app.cases.rules import CaseStatus


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
