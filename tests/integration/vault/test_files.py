"""Files from the upload to the erasure, on PostgreSQL and a store."""

import hashlib

import pytest

from tests import factories
from tests.integration.vault.tickets import reader, ticket, upload
from ticketing_app.core import db
from ticketing_app.vault.service import ownership, reading
from ticketing_app.vault.service.reading import FileMissingError, FileSealedError

pytestmark = pytest.mark.usefixtures("database")


class TestReadPart:
    async def test_returns_what_was_uploaded_to_its_owner(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        taken = await upload(monkeypatch, seller, ticket(b"a-long-payload-1"), ticket(b"2"))
        file_id = taken.items[0].id

        part = await reading.read_part(
            db.transaction, file_id=file_id, part="clean", reader=reader(seller)
        )

        assert part.content == b"%PDF-clean"
        assert part.digest == taken.items[0].sha256 == hashlib.sha256(b"%PDF-clean").hexdigest()
        code = await reading.read_part(
            db.transaction, file_id=file_id, part="code-1", reader=reader(seller)
        )
        assert code.content == b"<svg>0</svg>"
        source = await reading.read_source(db.transaction, file_id=file_id)
        assert source.payloads == (b"a-long-payload-1",)

    async def test_is_for_the_owner_of_an_open_file_only(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        buyer = await factories.make_user()
        taken = await upload(monkeypatch, seller, ticket(b"a-long-payload-1"))
        file_id = taken.items[0].id
        with pytest.raises(FileMissingError):
            await reading.read_part(
                db.transaction, file_id=file_id, part="clean", reader=reader(buyer)
            )
        async with db.transaction() as session:
            moved = await ownership.move(
                session, file_ids=[file_id], from_id=seller.id, to_id=buyer.id
            )
        assert moved == {file_id}
        with pytest.raises(FileMissingError):
            await reading.read_part(
                db.transaction, file_id=file_id, part="clean", reader=reader(seller)
            )
        with pytest.raises(FileSealedError):
            await reading.read_part(
                db.transaction, file_id=file_id, part="clean", reader=reader(buyer)
            )
        async with db.transaction() as session:
            opened = await reading.break_seal(session, file_ids=[file_id], reader=reader(buyer))
        assert opened == [file_id]
        part = await reading.read_part(
            db.transaction, file_id=file_id, part="clean", reader=reader(buyer)
        )
        assert part.content == b"%PDF-clean"


class TestMove:
    async def test_takes_files_of_their_owner_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        stranger = await factories.make_user()
        taken = await upload(monkeypatch, seller, ticket(b"a-long-payload-1"))
        file_ids = [taken.items[0].id]
        async with db.transaction() as session:
            moved = await ownership.move(
                session, file_ids=file_ids, from_id=stranger.id, to_id=stranger.id
            )
            assert moved == set()
            assert (await reading.describe(session, file_ids=file_ids))[
                file_ids[0]
            ].owner_id == seller.id
