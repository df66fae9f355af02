"""Responses with bytes of users: never rendered on our origin, never stored by a cache."""

import re
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request, Response

# One range only; a client that asks for several gets the whole file.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_response(
    request: Request, content: bytes, *, media_type: str, name: str, digest: str
) -> Response:
    """Return the file as an attachment, or the range that the request asks for; 416 if it has none there."""
    headers = {
        "content-disposition": _disposition(name),
        "cache-control": "private, no-store",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "accept-ranges": "bytes",
        "etag": f'"{digest}"',
        "vary": "Cookie",
    }
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    is_same = request.headers.get("if-range", headers["etag"]) == headers["etag"]
    span = _find_span(wanted[1], wanted[2], len(content)) if wanted and is_same else None
    if span is None:
        return Response(content, media_type=media_type, headers=headers)
    if not span:
        headers["content-range"] = f"bytes */{len(content)}"
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return Response(status_code=status, headers=headers)
    headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{len(content)}"
    return Response(
        content[span.start : span.stop],
        HTTPStatus.PARTIAL_CONTENT,
        media_type=media_type,
        headers=headers,
    )


def _find_span(first: str, last: str, size: int) -> range | None:
    """Return the bytes of a range, none if it lies outside; None if it is no range."""
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    start = int(first)
    if last and int(last) < start:
        return None
    return range(start, min(int(last) + 1, size) if last else size)


def _disposition(name: str) -> str:
    """Name the file; beyond ASCII as in RFC 5987, with a name for clients that do not know it."""
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)
    disposition = f'attachment; filename="{plain}"'
    if plain == name:
        return disposition
    return f"{disposition}; filename*=UTF-8''{quote(name, safe='')}"
