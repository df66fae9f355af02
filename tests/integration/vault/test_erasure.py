"""The end of files: keys, objects, retention, accounts."""

import base64
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.cli.command_line import run
from tests.integration.vault.tickets import claim, reader, ticket, upload
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.keys import DEVELOPMENT_FILES_KEY
from ticketing_app.privacy.jobs import delete_old_rows
from ticketing_app.vault import rules, storage
from ticketing_app.vault.jobs import sweep
from ticketing_app.vault.service import erasure, ownership, personal, reading
from ticketing_app.vault.service.reading import (
    FileDamagedError,
    FileErasedError,
    FileMissingError,
)

DAY = date(2027, 5, 1)
LONG = ticket(b"a-long-payload-1")
NEXT = base64.b64encode(b"n" * 32).decode()

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def seller() -> UserRead:
    return await factories.make_user()


@pytest.fixture
async def file_id(monkeypatch: pytest.MonkeyPatch, seller: UserRead) -> UUID:
    return (await upload(monkeypatch, seller, LONG)).items[0].id


async def count(table: str) -> int:
    async with db.transaction() as session:
        found = await (await session.connection()).execute(text(f"SELECT count(*) FROM {table}"))
        return found.scalar_one()


async def pass_time(passed: timedelta) -> None:
    """Move the end of the keeping of all files into the past."""
    statement = text("UPDATE vault_files SET erase_at = erase_at - CAST(:passed AS interval)")
    async with db.transaction() as session:
        await (await session.connection()).execute(statement, {"passed": passed})


async def sell(file_id: UUID, seller: UserRead) -> UserRead:
    buyer = await factories.make_user()
    async with db.transaction() as session:
        await ownership.move(session, file_ids=[file_id], from_id=seller.id, to_id=buyer.id)
        await reading.break_seal(session, file_ids=[file_id], reader=reader(buyer))
    return buyer


async def read(file_id: UUID, user: UserRead) -> bytes:
    part = await reading.read_part(
        db.transaction, file_id=file_id, part="clean", reader=reader(user)
    )
    return part.content


async def objects_of(file_id: UUID) -> int:
    folder = rules.object_folder(file_id)
    return len([found async for found in storage.list_objects(folder)])


class TestRetention:
    async def test_erases_an_unlisted_upload_after_a_day(
        self, file_id: UUID, seller: UserRead
    ) -> None:
        await pass_time(timedelta(hours=23))
        await delete_old_rows()
        assert await read(file_id, seller)
        await pass_time(timedelta(hours=2))
        await delete_old_rows()
        with pytest.raises(FileMissingError):
            await read(file_id, seller)
        assert (await count("vault_codes"), await count("vault_reads")) == (0, 0)

    async def test_erases_a_sold_ticket_33_days_after_its_event(
        self, file_id: UUID, seller: UserRead
    ) -> None:
        await claim(seller, file_id, day=utc_now().date() - timedelta(days=32))
        buyer = await sell(file_id, seller)
        await delete_old_rows()
        assert await read(file_id, buyer)
        await pass_time(timedelta(days=2))
        await delete_old_rows()
        with pytest.raises(FileErasedError):
            await read(file_id, buyer)
        # Known until 90 days after the event; its row stays for the chain.
        assert await count("vault_codes") == 1
        await pass_time(timedelta(days=57))
        await delete_old_rows()
        assert (await count("vault_codes"), await count("vault_files")) == (0, 1)

    async def test_deletes_reads_after_180_days(self, file_id: UUID, seller: UserRead) -> None:
        await read(file_id, seller)
        async with db.transaction() as session:
            old = db.oldest_id(utc_now() - timedelta(days=181))
            statement = text("UPDATE vault_reads SET id = :old")
            await (await session.connection()).execute(statement, {"old": old})
        await read(file_id, seller)
        await delete_old_rows()
        assert await count("vault_reads") == 1


class TestSweep:
    async def test_deletes_old_objects_that_nobody_can_open(
        self, file_id: UUID, seller: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = (await upload(monkeypatch, seller, LONG)).items[0].id
        orphan = db.new_id()
        await storage.put(rules.object_key(orphan, "clean"), b"of an upload that broke off")
        async with db.transaction() as session:
            await erasure.erase_file(session, file_id=file_id)
        await sweep()
        assert await objects_of(orphan) == 1
        monkeypatch.setattr(erasure, "SWEEP_AGE", -timedelta(seconds=1))
        monkeypatch.setattr(erasure, "SWEEP_BATCH", 2)
        await sweep()
        assert [await objects_of(one) for one in (orphan, file_id, kept)] == [0, 0, 3]
        assert await read(kept, seller)


class TestKeys:
    async def test_of_before_open_until_they_are_wrapped_anew(
        self, file_id: UUID, seller: UserRead, change_settings: Callable[..., None]
    ) -> None:
        change_settings(files_key=NEXT, files_key_previous=DEVELOPMENT_FILES_KEY)
        assert await read(file_id, seller)
        assert (await run("files", "rewrap"))[1].startswith("1 files are wrapped by FILES_KEY now")
        change_settings(files_key=NEXT, files_key_previous="")
        assert await read(file_id, seller)
        assert (await run("files", "rewrap"))[1].startswith("0 files")

    async def test_that_are_missing_are_reported(
        self, file_id: UUID, seller: UserRead, change_settings: Callable[..., None]
    ) -> None:
        change_settings(files_key=NEXT)
        with pytest.raises(FileDamagedError):
            await read(file_id, seller)
        code, _, err = await run("files", "rewrap")
        assert (code, "neither FILES_KEY nor" in err) == (1, True)
        _, out, _ = await run("doctor")
        assert "FILES_KEY: 1 files need another key. To mend it: set FILES_KEY_PREVIOUS" in out


class TestDamage:
    async def test_is_never_shown_as_a_ticket(self, file_id: UUID, seller: UserRead) -> None:
        for part in ("clean", "page-1"):
            key = rules.object_key(file_id, part)
            await storage.delete(key)
            await storage.put(key, b"something else of some length")
        with pytest.raises(FileDamagedError):
            await read(file_id, seller)
        await storage.delete(rules.object_key(file_id, "clean"))
        with pytest.raises(FileDamagedError):
            await read(file_id, seller)


class TestCommands:
    async def test_list_and_erase(self, file_id: UUID, seller: UserRead) -> None:
        _, out, _ = await run("files", "list", str(seller.id))
        assert out.split() == [str(file_id), "application/pdf", "10", "unlisted", "sealed"]
        assert (await run("files", "erase", str(file_id)))[1] == "1 files are erased.\n"
        assert await objects_of(file_id) == 0
        with pytest.raises(FileErasedError):
            await read(file_id, seller)
        assert "erased" in (await run("files", "list", str(seller.id)))[1]
        code, _, err = await run("files", "erase", factories.UNKNOWN_ID)
        assert (code, err) == (1, "We could not find this file.\n")
        stranger = await factories.make_user()
        assert (await run("files", "list", str(stranger.id)))[1] == (
            "This account owns no files.\n"
        )


class TestAccount:
    async def test_export_lists_files_without_their_content(
        self, file_id: UUID, seller: UserRead
    ) -> None:
        async with db.transaction() as session:
            [listed] = await personal.export(session, user_id=seller.id)
        assert (listed.id, listed.kind, listed.bytes) == (file_id, "application/pdf", 10)

    async def test_leaves_the_buyer_what_it_sold(
        self, file_id: UUID, seller: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unsold = (await upload(monkeypatch, seller, ticket(b"a-long-payload-2"))).items[0].id
        await claim(seller, file_id, day=DAY)
        buyer = await sell(file_id, seller)
        async with db.transaction() as session:
            await erasure.erase_unsold(session, owner_id=seller.id)
        assert await read(file_id, buyer)
        with pytest.raises(FileErasedError):
            await read(unsold, seller)

    async def test_erases_what_it_bought(self, file_id: UUID, seller: UserRead) -> None:
        await claim(seller, file_id, day=DAY)
        buyer = await sell(file_id, seller)
        async with db.transaction() as session:
            await personal.erase(session, user_id=buyer.id)
            query = text("SELECT DISTINCT address FROM vault_reads")
            assert (await (await session.connection()).execute(query)).scalar_one() == ""
        with pytest.raises(FileErasedError):
            await read(file_id, buyer)
        async with db.transaction() as session:
            assert (await reading.describe(session, file_ids=[file_id]))[file_id].is_claimed
