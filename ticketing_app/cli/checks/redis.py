"""Checks of Redis."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, cast

from ticketing_app.cli.checks.findings import Finding, judge, ok, unknown, warning
from ticketing_app.core import redis

OLDEST_VERSION = 7
NEVER_EVICTS = "noeviction"
NOTIFY = "notify-keyspace-events"
# Notifications that Reflex enables, and needs, when the state of pages is in Redis.
FLAGS = "K$sgxe"
# The flags that "A" abbreviates.
ALL_KINDS = "g$lshzxetd"


class Notifications(NamedTuple):
    """The enabled notifications, None if Redis hides them, and whether Reflex may change them."""

    flags: str | None
    may_be_set: bool


def ask_redis(url: str) -> Mapping[str, Any]:
    """Return the INFO of the server; raises RedisError if it does not answer."""
    with redis.sync_client(redis.TIMEOUT_SECONDS, url=url) as connection:
        return dict(connection.info())  # type: ignore[arg-type]  # Typed for the asynchronous client as well.


def check_redis(found: Mapping[str, Any]) -> Iterator[Finding]:
    version = str(found.get("redis_version", "0"))
    name = "Valkey, as Redis" if "valkey_version" in found else "Redis"
    yield judge(
        "Redis",
        int(version.partition(".")[0]) >= OLDEST_VERSION,
        f"{name} {version} answers.",
        f"GitTix needs version {OLDEST_VERSION} or newer, or Valkey.",
    )
    policy = found.get("maxmemory_policy", NEVER_EVICTS)
    yield judge(
        "eviction",
        policy == NEVER_EVICTS,
        f"{policy}.",
        f"set maxmemory-policy to {NEVER_EVICTS}, or planned jobs get lost when memory is short.",
    )
    # Valkey calls it server_mode.
    mode = found.get("redis_mode") or found.get("server_mode", "unknown")
    yield judge(
        "Redis mode",
        mode != "cluster",
        f"{mode}.",
        "use one primary, with or without Sentinel: RQ does not work on a cluster.",
    )


def check_page_state(found: Mapping[str, Any], main: Mapping[str, Any]) -> Iterator[Finding]:
    subject = "page state"
    if found.get("run_id", "") == main.get("run_id"):
        yield warning(
            subject,
            "in the Redis of jobs and rate limits, which visitors can fill.",
            "point REDIS_STATE_URL to a second server.",
        )
        return
    limit = int(found.get("maxmemory", 0))
    policy = found.get("maxmemory_policy", NEVER_EVICTS)
    yield judge(
        subject,
        limit > 0 and policy != NEVER_EVICTS,
        f"{limit // 2**20} MiB, {policy}." if limit else f"no limit of memory, {policy}.",
        "give that Redis a maxmemory and the maxmemory-policy volatile-lru.",
    )


def ask_notifications(url: str) -> Notifications:
    """Read the notifications, and test by writing the same value whether they may be set."""
    flags = None
    with (
        redis.sync_client(redis.TIMEOUT_SECONDS, url=url) as connection,
        suppress(redis.ResponseError),
    ):
        flags = cast("dict[str, str]", connection.config_get(NOTIFY)).get(NOTIFY)
        if flags is not None:
            connection.config_set(NOTIFY, flags)
            return Notifications(flags, may_be_set=True)
    return Notifications(flags, may_be_set=False)


def check_notifications(found: Notifications, is_refusal_ignored: bool) -> Finding:  # noqa: FBT001  # A setting's value.
    """Check that Reflex is notified when another process releases the state of a page."""
    subject = "notifications"
    if found.may_be_set:
        return ok(subject, "Reflex switches on what it needs.")
    if found.flags is None and is_refusal_ignored:
        return unknown(subject, f"Redis hides them; see that it has {NOTIFY} {FLAGS}.")
    is_on = set(FLAGS) <= set((found.flags or "").replace("A", ALL_KINDS))
    remedies = [] if is_on else [f'start Redis with {NOTIFY} "{FLAGS}"']
    if not is_refusal_ignored:
        # Reflex stops listening when CONFIG SET is refused, even if nothing has to change.
        remedies.append("set REFLEX_IGNORE_REDIS_CONFIG_ERROR=true")
    return judge(
        subject,
        not remedies,
        f"{found.flags or 'none seen'}; Reflex may not change them.",
        f"{' and '.join(remedies)}, or a page waits for its state when it comes to another process.",
    )
