"""Whether the address of Redis or PostgreSQL protects a connection that leaves this machine."""

from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

POSTGRESQL_TLS_MODES = frozenset({"require", "verify-ca", "verify-full"})
"""Of asyncpg's `ssl`; `prefer`, its default, goes on in plain text when the server offers no TLS."""


def find_redis_gaps(url: str) -> list[str]:
    """Return the protections that the address lacks; none are needed on loopback or a local socket."""
    parts = urlsplit(url)
    if parts.scheme == "unix" or _is_loopback(parts.hostname or "localhost"):
        return []
    has_password = bool(parts.password or parse_qs(parts.query).get("password"))
    return _name_gaps(has_password, parts.scheme == "rediss", "TLS (rediss://)")


def find_postgresql_gaps(url: str) -> list[str]:
    """Return the protections that the address lacks; none are needed on loopback or a local socket."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    hosts = [parts.hostname] if parts.hostname else options.get("host", ["localhost"])
    if all(host.startswith("/") or _is_loopback(host) for host in hosts):
        return []
    has_password = bool(parts.password or options.get("password"))
    has_tls = options.get("ssl", [""])[-1] in POSTGRESQL_TLS_MODES
    return _name_gaps(has_password, has_tls, "TLS (?ssl=require or ?ssl=verify-full)")


def _name_gaps(has_password: bool, has_tls: bool, tls: str) -> list[str]:  # noqa: FBT001  # two facts, named where called.
    gaps = {"a password": not has_password, tls: not has_tls}
    return [gap for gap, is_missing in gaps.items() if is_missing]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
