"""REST of uploads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from httpx import AsyncClient

from tests import ticket_files
from tests.factories import UNKNOWN_ID
from tests.integration.vault.tickets import claim, inspected, ticket
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import uploads
from ticketing_app.vault import storage
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import Inspection, InspectionBusyError

URL = "/api/files"
CREDENTIALS = {"password": "correct horse battery"}
LONG = b"a-long-payload-1"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def seller(api: AsyncClient) -> UserRead:
    return await sign_up(api, "sam@gittix.test")


async def sign_up(api: AsyncClient, email: str) -> UserRead:
    answer = await api.post("/api/users/signup", json={"email": email, **CREDENTIALS})
    return UserRead.model_validate(answer.raise_for_status().json())


@pytest.fixture
def one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    inspected(monkeypatch, [ticket(LONG)])


async def count_objects() -> int:
    return len([stored async for stored in storage.list_objects()])


def sentence(answer: object) -> tuple[int, str, str | None]:
    body = answer.json()["errors"][0]  # type: ignore[attr-defined]  # a response.
    return answer.status_code, body["message"], body.get("field")  # type: ignore[attr-defined]  # as above.


class TestUpload:
    @pytest.mark.usefixtures("seller")
    async def test_returns_the_tickets_of_a_file(self, api: AsyncClient) -> None:
        answer = await api.post(f"{URL}?name=tickets.pdf", content=ticket_files.two_tickets())
        assert answer.status_code == 201
        first, second = answer.json()["items"]
        assert answer.json()["removed"] == []
        assert (first["kind"], first["pages"], first["codes"]) == ("application/pdf", 1, 1)
        assert first["suggestion"]["title"] == "The Paper Lanterns"
        assert (first["suggestion"]["seat"], second["suggestion"]["seat"]) == ("12", "13")
        assert "A1B2C3D4" not in answer.text
        page = await api.get(f"{URL}/{first['id']}/pages/1")
        assert page.content.startswith(b"RIFF")
        assert page.headers["content-type"] == "image/webp"
        assert page.headers["content-security-policy"] == "default-src 'none'; sandbox"

    @pytest.mark.usefixtures("seller")
    async def test_refuses_what_is_no_ticket(self, api: AsyncClient) -> None:
        before = await count_objects()
        answer = await api.post(URL, content=b"MZ\x90")
        assert sentence(answer) == (
            400,
            "This is no PDF, picture or Apple Wallet pass.",
            "file",
        )
        assert (await api.post(URL, content=b"")).status_code == 400
        assert await count_objects() == before

    async def test_refuses_a_stranger_before_the_body(self, api: AsyncClient) -> None:
        answer = await api.post(URL, content=b"x")
        assert sentence(answer)[0] == 401
        answer = await api.post(URL, content=b"x", headers={"origin": "https://evil.example"})
        assert sentence(answer)[0] == 403

    @pytest.mark.usefixtures("seller", "one_page")
    async def test_refuses_more_than_ten_megabytes(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ticketing_app.vault.rules.MAX_UPLOAD_BYTES", 2**20)
        large = b"x" * (2**20 + 1)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield large[: 2**19]

        refused = (413, "A file can have at most 1 MB.", "file")
        assert sentence(await api.post(URL, content=large)) == refused
        assert sentence(await api.post(URL, content=chunks())) == refused
        assert (await api.post(URL, content=large[1:])).status_code == 201

    @pytest.mark.usefixtures("seller")
    async def test_refuses_a_body_that_does_not_arrive(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "UPLOAD_SECONDS", 0)

        async def endless() -> AsyncIterator[bytes]:
            yield b"x"
            await asyncio.Event().wait()

        monkeypatch.setattr(uploads, "DRAIN_SECONDS", 0)
        answer = await api.post(URL, content=endless())
        assert sentence(answer) == (
            408,
            "The file took too long to arrive. Please try again.",
            "file",
        )

    @pytest.mark.usefixtures("seller", "one_page")
    @pytest.mark.parametrize(
        "limit", ["upload_limit_per_hour", "upload_limit_per_address_per_hour"]
    )
    async def test_is_limited(
        self, api: AsyncClient, change_settings: Callable[..., None], limit: str
    ) -> None:
        change_settings(**{limit: 1})
        assert (await api.post(URL, content=b"x")).status_code == 201
        answer = await api.post(URL, content=b"x")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0

    @pytest.mark.usefixtures("seller")
    async def test_asks_to_come_back_while_others_upload(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(_: bytes) -> Inspection:
            raise InspectionBusyError

        monkeypatch.setattr(sandbox, "inspect", refuse)
        answer = await api.post(URL, content=b"x")
        assert sentence(answer)[::2] == (503, "file")
        assert answer.headers["retry-after"] == "5"


class TestOwnFiles:
    @pytest.mark.usefixtures("seller", "one_page")
    async def test_are_shown_to_their_uploader_only(self, api: AsyncClient) -> None:
        file_id = (await api.post(URL, content=b"x")).json()["items"][0]["id"]
        page = f"{URL}/{file_id}/pages"
        assert (await api.get(f"{page}/1")).content == b"webp"
        assert (await api.get(f"{page}/1", headers={"range": "bytes=1-2"})).content == b"eb"
        for number in ("0", "2", "01", "x", "1%2F..%2F..", "clean"):
            assert (await api.get(f"{page}/{number}")).status_code == 404
        api.cookies.clear()
        assert (await api.get(f"{page}/1")).status_code == 401
        await sign_up(api, "eve@gittix.test")
        assert (await api.get(f"{page}/1")).status_code == 404
        assert (await api.delete(f"{URL}/{file_id}")).status_code == 404

    @pytest.mark.usefixtures("one_page")
    async def test_are_erased_unless_they_are_for_sale(
        self, api: AsyncClient, seller: UserRead
    ) -> None:
        before = await count_objects()
        file_id = (await api.post(URL, content=b"x")).json()["items"][0]["id"]
        kept = await count_objects()
        await claim(seller, UUID(file_id))
        answer = await api.delete(f"{URL}/{file_id}")
        assert sentence(answer)[:2] == (
            409,
            "This file belongs to a listing. Withdraw the listing first.",
        )
        other = (await api.post(URL, content=b"y")).json()["items"][0]["id"]
        assert (await api.delete(f"{URL}/{other}")).status_code == 204
        assert (await api.get(f"{URL}/{other}/pages/1")).status_code == 404
        assert await count_objects() == kept > before
        for unknown in (other, UNKNOWN_ID, "x"):
            assert (await api.delete(f"{URL}/{unknown}")).status_code == 404
