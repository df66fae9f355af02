"""The unfinished sell form of an account, kept for DRAFT_DAYS."""

import json
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits
from ticketing_app.core.errors import AppError
from ticketing_app.tickets.repository import drafts as repository
from ticketing_app.tickets.rules import DRAFT_MAX_BYTES
from ticketing_app.tickets.schemas.listings import DraftRead, DraftUpdate


class DraftTooLargeError(AppError):
    status = HTTPStatus.BAD_REQUEST
    message = "This draft is too long to be kept."


class StaleDraftError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        "This draft changed in another tab or was listed there. Nothing was listed from here: "
        "please load the page again."
    )


async def get_draft(session: AsyncSession, *, user_id: UUID) -> DraftRead | None:
    draft = await repository.get_draft(session, user_id)
    return DraftRead(fields=draft.content, version=draft.version) if draft else None


async def has_draft(session: AsyncSession, *, user_id: UUID) -> bool:
    return await repository.get_draft(session, user_id) is not None


async def save_draft(session: AsyncSession, *, user_id: UUID, update: DraftUpdate) -> DraftRead:
    """Change these fields and return the draft; raises DraftTooLargeError, TooManyRequestsError."""
    await limits.check("drafts", account=user_id)
    if len(json.dumps(update.fields, ensure_ascii=False).encode()) > DRAFT_MAX_BYTES:
        raise DraftTooLargeError
    draft = await repository.merge_fields(session, user_id, update.fields)
    if draft is None:
        raise DraftTooLargeError
    return draft


async def take_draft(session: AsyncSession, *, user_id: UUID, version: int) -> DraftRead:
    """Delete and return the draft; raises StaleDraftError unless it is still this version."""
    # The lock makes a second press wait, and then find no draft: a draft is listed once.
    draft = await repository.get_draft_for_update(session, user_id)
    if draft is None or draft.version != version:
        raise StaleDraftError
    await repository.delete_draft(session, user_id)
    return DraftRead(fields=draft.content, version=draft.version)


async def delete_draft(session: AsyncSession, *, user_id: UUID) -> None:
    await repository.delete_draft(session, user_id)


async def delete_old(session: AsyncSession, limit: int) -> int:
    return await repository.delete_old(session, limit)
