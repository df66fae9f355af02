"""Backlogs of deferred work, by kind."""

from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.work.due import Work
from ticketing_app.work.jobs import KINDS


class WorkBacklog(NamedTuple):
    lag_seconds: float  # Of the work that is overdue longest.
    failing: int  # Failed and retried later.
    dead: int


_BACKLOG = text("""
    SELECT kind,
      greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)) AS lag_seconds,
      count(*) FILTER (WHERE last_error IS NOT NULL AND due_at IS NOT NULL) AS failing,
      count(*) FILTER (WHERE due_at IS NULL) AS dead
    FROM work GROUP BY kind
""")


async def get_work_backlog(session: AsyncSession) -> dict[str, WorkBacklog]:
    rows = await (await session.connection()).execute(_BACKLOG)
    found = {row.kind: WorkBacklog(float(row.lag_seconds), row.failing, row.dead) for row in rows}
    return dict.fromkeys(KINDS, WorkBacklog(0, 0, 0)) | found


async def list_failing(session: AsyncSession) -> list[Work]:
    """Return the work that failed, dead or to be retried, oldest first."""
    query = select(Work).where(col(Work.last_error).is_not(None)).order_by(col(Work.created_at))
    return list((await session.exec(query)).all())
