"""Responses of the web process with files of the build."""

import re
from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.site import Site


@pytest.fixture
async def visitor(site: Site) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that sets its own Accept-Encoding."""
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
        yield client


async def files_of_home(visitor: httpx.AsyncClient) -> list[str]:
    page = await visitor.get("/")
    return sorted(set(re.findall(r'"(/assets/[^"]+\.(?:js|css))"', page.text)))


async def test_takes_no_uploads_of_reflex(visitor: httpx.AsyncClient) -> None:
    # It would write files in the clear to the disk.
    for method in ("GET", "POST"):
        assert (await visitor.request(method, "/_upload", content=b"x")).status_code == 404


class TestCompression:
    @pytest.mark.parametrize(
        ("accepted", "sent"),
        [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("gzip, br;q=0", "gzip"),
            ("identity", None),
            ("nonsense;q=much,,;", None),
        ],
    )
    async def test_sends_the_smallest_accepted_encoding(
        self, visitor: httpx.AsyncClient, accepted: str, sent: str | None
    ) -> None:
        for path in await files_of_home(visitor):
            answer = await visitor.head(path, headers={"accept-encoding": accepted})
            assert answer.status_code == 200
            assert answer.headers.get("content-encoding") == sent, path
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            assert answer.headers["content-type"].startswith(kind)

    async def test_sends_nothing_twice(self, visitor: httpx.AsyncClient) -> None:
        for path in ("/account-forms.js", "/favicon.svg", "/share/other.png"):
            tags = set[str]()
            for accepted in ("br", "gzip"):
                first = await visitor.head(path, headers={"accept-encoding": accepted})
                tags.add(first.headers["etag"])
                asked = {"accept-encoding": accepted, "if-none-match": first.headers["etag"]}
                again = await visitor.get(path, headers=asked)
                assert (again.status_code, again.content) == (304, b""), path
                assert again.headers["cache-control"] == first.headers["cache-control"]
            # A strong one would have to distinguish the encodings.
            assert [tag[:3] for tag in tags] == ['W/"'], path
