"""How long browsers and proxies may keep what they get from this site."""

import re

from ticketing_app.core.errors import TooManyRequestsError

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
FOR_AN_HOUR = "public, max-age=3600"
ASK_FIRST = "no-cache"
AWAY = {"cache-control": "no-store", "retry-after": "5"}
"""The headers of an answer that says that we cannot answer now."""


def too_often(error: TooManyRequestsError) -> dict[str, str]:
    """Return the headers of an answer that a rate limit refused."""
    return {"cache-control": "no-store", "retry-after": str(error.retry_after)}


_HASHED = "/assets/"
_PICTURES = re.compile(r"/(favicon\.svg|(icons|share)/.*)")


def of_file(path: str) -> str:
    """Return the lifetime of a static file: for ever when its name has its content's hash.

    Pictures may be a day behind; everything else must be of one build with the documents.
    """
    if path.startswith(_HASHED):
        return FOR_EVER
    return FOR_A_DAY if _PICTURES.fullmatch(path) else ASK_FIRST
