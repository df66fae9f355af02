"""Drafts of the sell form: one per account, merged by field, listed once."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from tests import factories
from ticketing_app.core import db
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.tickets.rules import DRAFT_MAX_BYTES
from ticketing_app.tickets.schemas.listings import DraftRead, DraftUpdate
from ticketing_app.tickets.service import drafts

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def user_id(database: None) -> UUID:  # noqa: ARG001  # order only.
    return (await factories.make_user()).id


async def save(user_id: UUID, **fields: str) -> int:
    async with db.transaction() as session:
        update = DraftUpdate(fields=fields)
        return (await drafts.save_draft(session, user_id=user_id, update=update)).version


async def read(user_id: UUID) -> DraftRead | None:
    async with db.transaction() as session:
        return await drafts.get_draft(session, user_id=user_id)


async def take(user_id: UUID, version: int) -> DraftRead:
    async with db.transaction() as session:
        return await drafts.take_draft(session, user_id=user_id, version=version)


class TestSaveDraft:
    async def test_merges_fields_and_counts_versions(self, user_id: UUID) -> None:
        assert await read(user_id) is None
        assert await save(user_id, name="K", price="40") == 1
        assert await save(user_id, name="Kites") == 2
        assert await read(user_id) == DraftRead(fields={"name": "Kites", "price": "40"}, version=2)

    async def test_keeps_fields_of_parallel_devices(self, user_id: UUID) -> None:
        await asyncio.gather(*(save(user_id, **{f"field{n}": "x"}) for n in range(8)))
        draft = await read(user_id)
        assert draft is not None
        assert (len(draft.fields), draft.version) == (8, 8)

    async def test_belongs_to_one_account(self, user_id: UUID) -> None:
        await save(user_id, name="Kites")
        other = await factories.make_user()
        assert await read(other.id) is None
        await save(other.id, name="Lanterns")
        draft = await read(user_id)
        assert draft is not None
        assert draft.fields == {"name": "Kites"}

    async def test_rejects_draft_over_its_size(self, user_id: UUID) -> None:
        wide = {f"field{n}": "😀" * 2000 for n in range(3)}
        with pytest.raises(drafts.DraftTooLargeError):
            await save(user_id, **wide)
        for name in ("first", "second"):
            await save(user_id, **{name: "😀" * 1500})
        with pytest.raises(drafts.DraftTooLargeError):
            await save(user_id, third="😀" * 1500)
        draft = await read(user_id)
        assert draft is not None
        assert set(draft.fields) == {"first", "second"}
        assert len(draft.model_dump_json().encode()) < DRAFT_MAX_BYTES

    async def test_limits_saves_per_account(
        self, user_id: UUID, change_settings: Callable[..., None]
    ) -> None:
        change_settings(draft_limit_per_minute=2)
        for _ in range(2):
            await save(user_id, name="Kites")
        with pytest.raises(TooManyRequestsError):
            await save(user_id, name="Lanterns")
        await save((await factories.make_user()).id, name="Lanterns")


class TestTakeDraft:
    async def test_lists_once_under_concurrency(self, user_id: UUID) -> None:
        version = await save(user_id, name="Kites")
        taken = await asyncio.gather(
            *(take(user_id, version) for _ in range(4)), return_exceptions=True
        )
        assert sum(isinstance(each, DraftRead) for each in taken) == 1
        assert sum(isinstance(each, drafts.StaleDraftError) for each in taken) == 3
        assert await read(user_id) is None

    async def test_rejects_version_that_was_not_seen(self, user_id: UUID) -> None:
        version = await save(user_id, name="Kites")
        await save(user_id, name="Lanterns")
        with pytest.raises(drafts.StaleDraftError):
            await take(user_id, version)
        assert await read(user_id) is not None


class TestDeleteDraft:
    async def test_deletes_and_may_repeat(self, user_id: UUID) -> None:
        await save(user_id, name="Kites")
        for _ in range(2):
            async with db.transaction() as session:
                await drafts.delete_draft(session, user_id=user_id)
        assert await read(user_id) is None
