"""Addresses of clients: one spelling each, and the part of them that one client controls."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
CLIENT_PREFIX = 64
"""A home or phone gets a whole /64 of IPv6, so that a full address limits nothing."""

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](:\d*)?|(?P<v4>[^:]*):\d*")


def canonical(text: str) -> str:
    """Return an address as it is shown and stored, without port, brackets and zone.

    Text that is no address becomes `UNKNOWN`, so that its variants share one limit.
    """
    found = _parse(text)
    return str(found) if found else UNKNOWN


def limit_key(text: str) -> str:
    """Return the part of an address that limits count by: IPv4 as it is, IPv6 as its /64."""
    found = _parse(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, CLIENT_PREFIX), strict=False))
    return str(found) if found else UNKNOWN


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] if match["v4"] is None else match["v4"]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
