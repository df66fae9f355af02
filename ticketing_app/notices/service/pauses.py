"""Mail domains that limit us are left alone for a while, without holding up the others."""

from datetime import timedelta

from ticketing_app.core import redis

PAUSE = timedelta(minutes=5)


async def pause(domain: str) -> None:
    try:
        await redis.client().set(_key(domain), "", ex=PAUSE)
    except redis.RedisError:
        return


async def get_rest(domain: str) -> timedelta | None:
    """Return the rest of the domain's pause; without Redis there are no pauses."""
    try:
        milliseconds = await redis.client().pttl(_key(domain))
    except redis.RedisError:
        return None
    return timedelta(milliseconds=milliseconds) if milliseconds > 0 else None


def _key(domain: str) -> str:
    return f"mail:pause:{domain}"
