import re

from ticketing_app.core.errors import TooManyRequestsError

IMMUTABLE = "public, max-age=31536000, immutable"
ONE_DAY = "public, max-age=86400"
ONE_HOUR = "public, max-age=3600"
REVALIDATE = "no-cache"
# Headers of a 503 response.
UNAVAILABLE = {"cache-control": "no-store", "retry-after": "5"}


def rate_limited(error: TooManyRequestsError) -> dict[str, str]:
    return {"cache-control": "no-store", "retry-after": str(error.retry_after)}


_HASHED = "/assets/"
_PICTURES = re.compile(r"/(favicon\.svg|(icons|share)/.*)")


def for_file(path: str) -> str:
    """Return the header of a static file: immutable if its name contains the hash of its content.

    Pictures may be a day old; all other files must be of the same build as the documents.
    """
    if path.startswith(_HASHED):
        return IMMUTABLE
    return ONE_DAY if _PICTURES.fullmatch(path) else REVALIDATE
