"""The files of the build as browsers receive them, over HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from httpx import AsyncClient

from tests.ui import built as build
from tests.ui.built import client

SCRIPT = "/assets/app-abc.js"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    build.write(folder)
    # The text names the file that was sent. It is not really compressed, so it must be read raw.
    (folder / "assets/app-abc.js").write_text("plain")
    (folder / "assets/app-abc.js.br").write_text("brotli")
    (folder / "assets/app-abc.js.gz").write_text("gzip")
    return folder


@pytest.fixture
async def site(folder: Path) -> AsyncGenerator[AsyncClient]:
    async with client(folder) as site:
        yield site


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip,deflate", "gzip", b"gzip"),
        ("identity", None, b"plain"),
        ("", None, b"plain"),
        ("br;q=0, gzip", "gzip", b"gzip"),
    ],
)
async def test_sends_the_best_accepted_encoding(
    site: AsyncClient, accepted: str, encoding: str | None, content: bytes
) -> None:
    async with site.stream("GET", SCRIPT, headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert (answer.headers.get("content-encoding"), raw) == (encoding, content)
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (SCRIPT, "text/javascript; charset=utf-8"),
        ("/door.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/share/other.png", "image/png"),
    ],
)
async def test_names_the_type(site: AsyncClient, path: str, media_type: str) -> None:
    answer = await site.get(path, headers={"accept-encoding": "identity"})
    assert answer.headers["content-type"] == media_type


async def test_an_unchanged_file_is_not_sent_again(site: AsyncClient) -> None:
    first = await site.get("/boot.js")
    again = await site.get("/boot.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"
    other = await site.get(
        SCRIPT, headers={"if-none-match": first.headers["etag"], "accept-encoding": "identity"}
    )
    assert (other.status_code, other.content) == (200, b"plain")


async def test_a_file_without_a_compressed_one_is_sent_as_it_is(site: AsyncClient) -> None:
    answer = await site.get("/door.js", headers={"accept-encoding": "br, gzip"})
    assert (answer.headers.get("content-encoding"), answer.content) == (None, b"1")
    assert answer.headers["content-type"].startswith("text/javascript")
