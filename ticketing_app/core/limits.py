"""Rate limits: one table of policies, counted in Redis as moving windows."""

# `await limits.check("holds", account=buyer_id)` raises when a rule of the policy is exhausted. The client
# address is bound when a request or event arrives; use cases need not pass it on. During an outage of Redis
# limits are skipped with a warning.

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from limits import RateLimitItemPerSecond
from limits.aio.storage.redis import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from ticketing_app.core import addresses, metrics, redis
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR
# Factor for default limits by address in development, where all clients share one address.
DEVELOPMENT_FACTOR = 50
PAUSE_SECONDS = 5
LOGGED_SECONDS = 60
LOGGED_SIZE = 10_000

Part = Literal["account", "address"]
HasRoom = Callable[[MovingWindowRateLimiter, RateLimitItemPerSecond, str], Awaitable[bool]]

log = get_logger()


class Rule(NamedTuple):
    """At most as many hits as the setting (0 is off) per `seconds`, counted by these parts."""

    setting: str
    seconds: int
    by: tuple[Part, ...]


class _Reached(NamedTuple):
    """An exhausted limit; `seconds` until there is room again."""

    setting: str
    key: str
    seconds: float


_WRITES = Rule("write_limit_per_address_per_minute", MINUTE, ("address",))

# Rules of each policy, in the order of their checks.
POLICIES: dict[str, tuple[Rule, ...]] = {
    "signins": (
        Rule("signin_limit_per_address_per_minute", MINUTE, ("address",)),
        Rule("signin_limit_per_minute", MINUTE, ("account", "address")),
        Rule("signin_limit_per_account_per_hour", HOUR, ("account",)),
    ),
    # For known devices and signed-in users: guesses from elsewhere do not exhaust these limits.
    "passwords": (
        Rule("signin_limit_per_address_per_minute", MINUTE, ("address",)),
        Rule("signin_limit_per_minute", MINUTE, ("account",)),
        Rule("signin_limit_per_account_per_hour", HOUR, ("account",)),
    ),
    # Not by account: wrong passwords must not keep the owner of a passkey out.
    "passkeys": (Rule("signin_limit_per_address_per_minute", MINUTE, ("address",)),),
    "challenges": (_WRITES,),
    # Here the account is the typed address, which may have none.
    "resets": (
        Rule("reset_limit_per_hour", HOUR, ("account",)),
        Rule("signup_limit_per_hour", HOUR, ("address",)),
    ),
    "confirmations": (
        Rule("confirmation_limit_per_minute", MINUTE, ("account",)),
        Rule("confirmation_limit_per_day", DAY, ("account",)),
    ),
    # Links have 256 random bits: the limit is against load.
    "links": (Rule("signin_limit_per_address_per_minute", MINUTE, ("address",)),),
    "signups": (Rule("signup_limit_per_hour", HOUR, ("address",)),),
    "cases": (
        Rule("case_limit_per_address_per_hour", HOUR, ("address",)),
        Rule("case_limit_per_hour", HOUR, ("account",)),
    ),
    "holds": (Rule("hold_limit_per_minute", MINUTE, ("account",)), _WRITES),
    # Each one mails an address that the giver typed.
    "gifts": (Rule("gift_limit_per_hour", HOUR, ("account",)), _WRITES),
    "listings": (Rule("listing_limit_per_hour", HOUR, ("account",)), _WRITES),
    "events": (Rule("event_limit_per_hour", HOUR, ("account",)), _WRITES),
    # Saved while the seller types, so the address' limit of writes does not count them.
    "drafts": (Rule("draft_limit_per_minute", MINUTE, ("account",)),),
    "uploads": (
        Rule("upload_limit_per_hour", HOUR, ("account",)),
        Rule("upload_limit_per_address_per_hour", HOUR, ("address",)),
    ),
    "edits": (Rule("edit_limit_per_minute", MINUTE, ("account",)), _WRITES),
    "payments": (Rule("payment_limit_per_minute", MINUTE, ("account",)), _WRITES),
    # Counted when a bank declines a card, checked before the next payment is opened.
    "declines": (
        Rule("decline_limit_per_hour", HOUR, ("account",)),
        Rule("decline_limit_per_address_per_hour", HOUR, ("address",)),
    ),
    "settlements": (Rule("settle_limit_per_minute", MINUTE, ("account",)), _WRITES),
    # Here the account is the charge.
    "stripe_questions": (Rule("settle_limit_per_charge_per_2_seconds", 2, ("account",)),),
    "exports": (Rule("export_limit_per_day", DAY, ("account",)),),
    "searches": (Rule("search_limit_per_address_per_minute", MINUTE, ("address",)),),
    "corrections": (Rule("correction_limit_per_address_per_minute", MINUTE, ("address",)),),
    "sitemaps": (Rule("sitemap_limit_per_address_per_minute", MINUTE, ("address",)),),
}

LIMITS_REACHED = Counter(
    "gittix_limits_reached_total", "Requests that a rate limit refused.", ["policy"]
)
metrics.start_at_zero(LIMITS_REACHED, POLICIES)

_address: ContextVar[str] = ContextVar("client_address", default="")
_limiters: WeakKeyDictionary[Redis, MovingWindowRateLimiter] = WeakKeyDictionary()
_skipped_until = 0.0
_logged: dict[str, float] = {}


def bind_address(address: str) -> None:
    """Count further hits of this request or event for this client."""
    _address.set(address)


def client_address() -> str:
    return _address.get()


async def check(
    policy: str, *, account: UUID | str | None = None, address: str | None = None, cost: int = 1
) -> None:
    """Count a hit of `cost`; raises TooManyRequestsError if a rule of the policy is exhausted."""
    if refusal := await hit(policy, account=account, address=address, cost=cost):
        raise refusal


async def hit(
    policy: str, *, account: UUID | str | None = None, address: str | None = None, cost: int = 1
) -> TooManyRequestsError | None:
    """Count a hit of `cost`; return the error, for callers that check other refusals first."""
    # A refused hit is not counted by the rule that refused it.

    async def count(
        limiter: MovingWindowRateLimiter, item: RateLimitItemPerSecond, key: str
    ) -> bool:
        return await limiter.hit(item, key, cost=min(cost, item.amount))

    if (reached := await _find_exhausted(count, policy, account, address)) is None:
        return None
    LIMITS_REACHED.labels(policy).inc()
    _log(policy, reached, account, address)
    return _refusal(reached)


async def peek(
    policy: str, *, account: UUID | str | None = None, address: str | None = None
) -> TooManyRequestsError | None:
    """Return the error that the next `hit` would get, without counting."""
    reached = await _find_exhausted(MovingWindowRateLimiter.test, policy, account, address)
    return _refusal(reached) if reached else None


async def allows(policy: str, *, account: UUID | str | None = None) -> bool:
    """Count a hit if there is room; for optional work that is skipped silently."""
    return await _find_exhausted(MovingWindowRateLimiter.hit, policy, account, None) is None


async def reset(policy: str, *, account: UUID | str) -> None:
    async def clear(
        limiter: MovingWindowRateLimiter, item: RateLimitItemPerSecond, key: str
    ) -> bool:
        await limiter.clear(item, key)
        return True

    await _find_exhausted(clear, policy, account, "")


async def _find_exhausted(
    has_room: HasRoom, policy: str, account: UUID | str | None, address: str | None
) -> _Reached | None:
    global _skipped_until  # noqa: PLW0603  # state of this process, like the limiters.
    if time.monotonic() < _skipped_until:
        return None
    client = _address.get() if address is None else address
    parts = {"account": _account_key(account), "address": client and addresses.limit_key(client)}
    try:
        async with asyncio.timeout(redis.TIMEOUT_SECONDS):
            for rule in POLICIES[policy]:
                amount = _amount(rule)
                if not amount or not all(parts[part] for part in rule.by):
                    continue
                key = " ".join(parts[part] for part in rule.by)
                item = RateLimitItemPerSecond(amount, rule.seconds, rule.setting)
                if not await has_room(_limiter(), item, key):
                    stats = await _limiter().get_window_stats(item, key)
                    return _Reached(rule.setting, key, stats.reset_time - time.time())
    except (redis.RedisError, TimeoutError) as error:
        if isinstance(error, TimeoutError | RedisTimeoutError):
            # Otherwise every request would wait for the timeout.
            _skipped_until = time.monotonic() + PAUSE_SECONDS
        log.warning("limit.skipped", policy=policy, error=repr(error))
    return None


def _account_key(account: UUID | str | None) -> str:
    """Hash text: keys stay short, and Redis does not store e-mail addresses."""
    if isinstance(account, str):
        return sha256(account.encode()).hexdigest()[:32]
    return str(account or "")


def _amount(rule: Rule) -> int:
    settings = get_settings()
    amount: int = getattr(settings, rule.setting)
    is_default = rule.setting not in settings.model_fields_set
    if rule.by == ("address",) and is_default and not settings.is_production:
        return amount * DEVELOPMENT_FACTOR
    return amount


def _limiter() -> MovingWindowRateLimiter:
    """Return the limiter of the running event loop; it shares the Redis client and its timeouts."""
    client = redis.client()
    if client not in _limiters:
        storage = RedisStorage(
            "redis://",
            implementation="redispy",
            key_prefix="limit",
            connection_pool=client.connection_pool,  # pyright: ignore[reportArgumentType]  # its documented option
        )
        _limiters[client] = MovingWindowRateLimiter(storage)
    return _limiters[client]


def _refusal(reached: _Reached) -> TooManyRequestsError:
    # The storage rounds to 0.1 ms, which must not turn 60 s into 61.
    seconds = max(1, math.ceil(reached.seconds - 0.001))
    message = f"Too many attempts. Please try again in {duration(seconds)}."
    return TooManyRequestsError(message, retry_after=seconds)


def _log(policy: str, reached: _Reached, account: UUID | str | None, address: str | None) -> None:
    """Log the limit without the input, at most once a minute per key, as a flood must not fill the log."""
    if not _is_first(f"{reached.setting} {reached.key}"):
        return
    fields = {"account": str(account)} if isinstance(account, UUID) else {}
    client = _address.get() if address is None else address
    log.warning("limit.reached", policy=policy, limit=reached.setting, address=client, **fields)


def _is_first(key: str) -> bool:
    now = time.monotonic()
    if now - _logged.get(key, -math.inf) < LOGGED_SECONDS:
        return False
    if len(_logged) >= LOGGED_SIZE:
        _logged.clear()
    _logged[key] = now
    return True


def duration(seconds: int) -> str:
    """Format a wait, rounded up: "40 s", "12 min", "3 h"."""
    if seconds < 2 * MINUTE:
        return f"{seconds} s"
    if seconds < 2 * HOUR:
        return f"{math.ceil(seconds / MINUTE)} min"
    return f"{math.ceil(seconds / HOUR)} h"
