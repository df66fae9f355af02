"""The seam of the storage, in memory, a folder and a server that speaks S3."""

import socket
from collections.abc import Callable, Generator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests import factories
from tests.integration.vault.tickets import reader, ticket, upload
from tests.site import free_port
from ticketing_app.cli.checks.files import check_files
from ticketing_app.core import db
from ticketing_app.vault import storage
from ticketing_app.vault.schemas import FilePart
from ticketing_app.vault.service import erasure, reading
from ticketing_app.vault.storage import MissingObjectError, StorageError

BUCKET = "tickets"
SECRET = "secret-of-the-store"  # of a test.

Open = Callable[..., None]


@pytest.fixture(scope="module")
def endpoint() -> Generator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


@pytest.fixture
def open_store(change_settings: Callable[..., None]) -> Generator[Open]:
    def open_store(**settings: object) -> None:
        change_settings(files_s3_access_key="key", files_s3_secret_key=SECRET, **settings)
        storage.forget()

    yield open_store
    storage.forget()


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, open_store: Open, tmp_path: Path) -> None:
    match request.param:
        case "memory":
            open_store(files_url="memory://")
        case "folder":
            open_store(files_url=tmp_path.as_uri())
        case _:
            endpoint = request.getfixturevalue("endpoint")
            open_store(files_url=f"s3://{BUCKET}/a/{tmp_path.name}", files_s3_endpoint=endpoint)


@pytest.mark.usefixtures("store")
class TestStore:
    async def test_keeps_what_was_put(self) -> None:
        large = bytes(10 * 2**20)
        await storage.put("ab/file/clean", large)
        await storage.put("ab/file/page-1", b"page")
        assert await storage.get("ab/file/clean") == large
        keys = [found.key async for found in storage.list_objects("ab/file")]
        assert sorted(keys) == ["ab/file/clean", "ab/file/page-1"]

    async def test_never_writes_a_key_twice(self) -> None:
        await storage.put("ab/file/clean", b"first")
        await storage.put("ab/file/clean", b"second")
        assert await storage.get("ab/file/clean") == b"first"

    async def test_deletes_what_may_be_missing(self) -> None:
        await storage.put("ab/file/clean", b"x")
        await storage.delete("ab/file/clean")
        await storage.delete("ab/file/clean")
        with pytest.raises(MissingObjectError):
            await storage.get("ab/file/clean")
        assert [found async for found in storage.list_objects()] == []

    @pytest.mark.usefixtures("database")
    async def test_serves_uploads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        taken = await upload(monkeypatch, seller, ticket(b"a-long-payload-1"))
        file_id = taken.items[0].id
        found = await reading.read_part(
            db.transaction, file_id=file_id, part="clean", reader=reader(seller)
        )
        assert found.content == b"%PDF-clean"
        await erasure.erase_upload(db.transaction, owner_id=seller.id, file_id=file_id)
        assert [found async for found in storage.list_objects()] == []


def move_away(folder: Path) -> None:
    folder.rename(folder.with_suffix(".away"))
    folder.write_bytes(b"no folder")


def bring_back(folder: Path) -> None:
    folder.unlink()
    folder.with_suffix(".away").rename(folder)


@pytest.mark.usefixtures("database")
class TestFailingStore:
    async def test_that_is_away_keeps_nothing(
        self, open_store: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "MAX_RETRIES", 0)
        address = f"http://127.0.0.1:{free_port()}"
        open_store(files_url=f"s3://{BUCKET}", files_s3_endpoint=address)
        await self._refuses_an_upload(monkeypatch)

    async def test_that_is_silent_keeps_nothing(
        self, open_store: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "TIMEOUT_SECONDS", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            open_store(files_url=f"s3://{BUCKET}", files_s3_endpoint=f"http://127.0.0.1:{port}")
            await self._refuses_an_upload(monkeypatch)

    async def test_that_is_full_keeps_nothing(
        self, open_store: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A device without room, for root as well; permissions would not stop root.
        open_store(files_url="file:///dev/full/files")
        await self._refuses_an_upload(monkeypatch)

    async def test_is_reported_by_the_doctor(self, open_store: Open) -> None:
        open_store(files_url="file:///dev/full/files")
        assert str(await check_files()).startswith("wrong   files: the store fails (")

    async def _refuses_an_upload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller = await factories.make_user()
        with pytest.raises(StorageError) as refused:
            await upload(monkeypatch, seller, ticket(b"a-long-payload-1"))
        assert refused.value.status == 503
        assert refused.value.retry_after
        async with db.transaction() as session:
            assert await reading.list_files(session, owner_id=seller.id) == []

    async def test_that_comes_back_serves_the_file(
        self, open_store: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seller = await factories.make_user()
        open_store(files_url=tmp_path.as_uri())
        taken = await upload(monkeypatch, seller, ticket(b"a-long-payload-1"))
        move_away(tmp_path)

        async def read() -> FilePart:
            return await reading.read_part(
                db.transaction, file_id=taken.items[0].id, part="clean", reader=reader(seller)
            )

        with pytest.raises(StorageError):
            await read()
        bring_back(tmp_path)
        assert (await read()).content == b"%PDF-clean"
