"""How long browsers and proxies may keep what they get from this site."""

import re

from ticketing_app.core.errors import TooManyRequestsError

IMMUTABLE = "public, max-age=31536000, immutable"
ONE_DAY = "public, max-age=86400"
ONE_HOUR = "public, max-age=3600"
REVALIDATE = "no-cache"
UNAVAILABLE = {"cache-control": "no-store", "retry-after": "5"}
"""The headers of an answer that says that we cannot answer now."""


def rate_limited(error: TooManyRequestsError) -> dict[str, str]:
    """Return the headers of an answer that a rate limit refused."""
    return {"cache-control": "no-store", "retry-after": str(error.retry_after)}


_HASHED = "/assets/"
_PICTURES = re.compile(r"/(favicon\.svg|(icons|share)/.*)")


def for_file(path: str) -> str:
    """Return the lifetime of a static file: for ever when its name has its content's hash.

    Pictures may be a day behind; everything else must be of one build with the documents.
    """
    if path.startswith(_HASHED):
        return IMMUTABLE
    return ONE_DAY if _PICTURES.fullmatch(path) else REVALIDATE
