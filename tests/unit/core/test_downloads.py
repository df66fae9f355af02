import pytest
from starlette.requests import Request

from ticketing_app.core.downloads import file_response

CONTENT = b"0123456789"
ETAG = '"d1"'


def ask(**headers: str) -> tuple[int, bytes, str | None]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "GET", "headers": raw})
    answer = file_response(
        request, CONTENT, media_type="application/pdf", name="a.pdf", digest="d1"
    )
    return answer.status_code, bytes(answer.body), answer.headers.get("content-range")


@pytest.mark.parametrize(
    ("wanted", "content", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", CONTENT, "bytes 0-9/10"),
    ],
)
def test_answers_with_a_range(wanted: str, content: bytes, content_range: str) -> None:
    assert ask(range=wanted) == (206, content, content_range)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_refuses_a_range_that_is_not_there(wanted: str) -> None:
    assert ask(range=wanted) == (416, b"", "bytes */10")


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,4-5",
        "lines=1-2",
        "bytes=a-b",
        f"bytes=0-{'9' * 5000}",
    ],
)
def test_answers_whole_to_everything_else(wanted: str) -> None:
    assert ask(range=wanted) == (200, CONTENT, None)


def test_answers_with_a_range_only_of_the_same_file() -> None:
    assert ask(range="bytes=0-3", if_range=ETAG)[0] == 206
    assert ask(range="bytes=0-3", if_range='"d2"') == (200, CONTENT, None)


def test_is_never_rendered_or_stored() -> None:
    answer = file_response(
        Request({"type": "http", "method": "GET", "headers": []}),
        CONTENT,
        media_type="image/webp",
        name='Tést "1".pdf\r\nX-Evil: 1',
        digest="d1",
    )
    assert dict(answer.headers) == {
        "content-type": "image/webp",
        "content-length": "10",
        "content-disposition": 'attachment; filename="T_st _1_.pdf__X-Evil_ 1"; '
        "filename*=UTF-8''T%C3%A9st%20%221%22.pdf%0D%0AX-Evil%3A%201",
        "cache-control": "private, no-store",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "etag": ETAG,
        "vary": "Cookie",
    }
