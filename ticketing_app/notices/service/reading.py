"""The bell: how many notices an account has not read, and the list of them."""

from collections.abc import Collection
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.errors import AppError
from ticketing_app.core.paging import DEFAULT_LIMIT, read_cursor
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import NoticesRead
from ticketing_app.notices import repository
from ticketing_app.notices.models import Notice
from ticketing_app.notices.schemas import Bell, NoticePage, NoticeRead
from ticketing_app.notices.views import catalog

MOST_COUNTED = 10  # Pages show "9+".


class NoticeNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this notice among yours."


async def load_bell(session: AsyncSession, *, user_id: UUID, address: str) -> Bell:
    """Return the number of unread notices, at most MOST_COUNTED, in one statement with the banner."""
    return await repository.get_bell(session, user_id=user_id, address=address, most=MOST_COUNTED)


async def count_unread(session: AsyncSession, *, user_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the numbers of unread notices; accounts without any are left out."""
    return await repository.count_unread(session, user_ids)


async def list_notices(
    session: AsyncSession, *, user_id: UUID, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> NoticePage:
    """Return the notices of an account, newest first; raises InvalidInputError for a malformed cursor."""
    rows = await repository.list_notices(
        session, user_id=user_id, limit=limit + 1, before_id=read_cursor(cursor)
    )
    shown = rows[:limit]
    next_cursor = str(shown[-1].id) if len(rows) > limit else None
    return NoticePage(items=[_read(row) for row in shown], next_cursor=next_cursor)


def _read(row: Notice) -> NoticeRead:
    line = catalog.draw_line(row.kind, row.facts)
    return NoticeRead(
        id=row.id,
        kind=row.kind,
        text=line.text,
        path=line.path,
        created_at=row.created_at,
        is_read=row.read_at is not None,
    )


async def mark_read(session: AsyncSession, *, user_id: UUID, notice_id: UUID) -> None:
    """Mark one notice as read; one of another account stays as it is."""
    if await repository.mark_read(session, user_id=user_id, notice_id=notice_id):
        _record_read(session, user_id, notice_id)


async def mark_read_up_to(session: AsyncSession, *, user_id: UUID, up_to: UUID) -> None:
    """Mark the notices of an account up to this id as read, from the oldest on."""
    if await repository.mark_read_up_to(session, user_id=user_id, up_to=up_to):
        _record_read(session, user_id, up_to)


def _record_read(session: AsyncSession, user_id: UUID, notice_id: UUID) -> None:
    outbox.record(session, NoticesRead(user_id=user_id, notice_id=notice_id))
