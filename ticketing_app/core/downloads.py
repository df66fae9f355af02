"""Private files as HTTP responses, whole or in part."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def file_response(
    request: Request, content: bytes, *, media_type: str, name: str, digest: str
) -> Response:
    """Return the file as an attachment; `name` is ASCII, `digest` identifies the content."""
    etag = f'"{digest}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        # A document that acts, if one ever got here, can do nothing.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": etag,
        "Vary": "Cookie",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-range", etag) != etag:
        return Response(content, media_type=media_type, headers=headers)
    wanted = _wanted(request.headers.get("range", ""), len(content))
    if wanted is None:
        return Response(content, media_type=media_type, headers=headers)
    if not wanted:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{len(content)}"
    return Response(
        content[wanted.start : wanted.stop],
        status_code=HTTPStatus.PARTIAL_CONTENT,
        media_type=media_type,
        headers=headers,
    )


def _wanted(header: str, size: int) -> range | None:
    """Return the bytes of a single range, empty if it lies outside; None for the whole file."""
    # Several ranges and other units may be answered with the whole file.
    matched = _RANGE.fullmatch(header)
    if matched is None or header == "bytes=-":
        return None
    first, last = matched.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < int(first):
        return None
    return range(int(first), end)
