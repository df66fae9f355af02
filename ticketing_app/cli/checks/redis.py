"""Whether Redis is as the program needs it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ticketing_app.cli.checks.findings import Finding, judge
from ticketing_app.core import redis

OLDEST_VERSION = 7
NEVER_EVICTS = "noeviction"


def ask_redis() -> Mapping[str, Any]:
    """Return what Redis tells of itself.

    Raises:
        RedisError: it does not answer.
    """
    with redis.sync_client(redis.TIMEOUT_SECONDS) as connection:
        return dict(connection.info())  # type: ignore[arg-type]  # its types cover the asynchronous client as well.


def check_redis(found: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge what Redis said of itself."""
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
    mode = found.get("redis_mode") or found.get(
        "server_mode", "unknown"
    )  # Valkey's word is the latter.
    yield judge(
        "Redis mode",
        mode != "cluster",
        f"{mode}.",
        "use one primary, with or without Sentinel: RQ does not work on a cluster.",
    )
