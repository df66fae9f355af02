"""Ranges of a private file."""

import pytest
from starlette.requests import Request

from ticketing_app.core.downloads import file_response

CONTENT = b"0123456789"


def ask(**headers: str) -> tuple[int, bytes, str | None]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "GET", "headers": raw})
    answer = file_response(
        request, CONTENT, media_type="application/pdf", name="a.pdf", digest="abc"
    )
    return answer.status_code, bytes(answer.body), answer.headers.get("content-range")


class TestFileResponse:
    @pytest.mark.parametrize(
        ("wanted", "content", "shown"),
        [
            ("bytes=0-0", b"0", "bytes 0-0/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=7-99", b"789", "bytes 7-9/10"),
            ("bytes=-3", b"789", "bytes 7-9/10"),
            ("bytes=-99", CONTENT, "bytes 0-9/10"),
        ],
    )
    def test_returns_a_range(self, wanted: str, content: bytes, shown: str) -> None:
        assert ask(range=wanted) == (206, content, shown)

    @pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
    def test_refuses_a_range_outside(self, wanted: str) -> None:
        assert ask(range=wanted) == (416, b"", "bytes */10")

    @pytest.mark.parametrize(
        "wanted", ["", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"]
    )
    def test_returns_all_for_other_headers(self, wanted: str) -> None:
        assert ask(range=wanted) == (200, CONTENT, None)

    @pytest.mark.parametrize(("etag", "status"), [('"abc"', 206), ('"old"', 200)])
    def test_ranges_are_of_the_same_content(self, etag: str, status: int) -> None:
        assert ask(range="bytes=0-1", if_range=etag)[0] == status
