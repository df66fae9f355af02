"""Client addresses: canonical form, and the part that identifies one client."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
# A home or phone controls a whole IPv6 /64; limits by full address would be useless.
CLIENT_PREFIX = 64
NETWORK_PREFIX = 24
SITE_PREFIX = 48

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](:\d*)?|(?P<v4>[^:]*):\d*")


def canonical(text: str) -> str:
    """Return the address without port, brackets and zone; malformed text becomes `UNKNOWN`."""
    # All malformed addresses share one limit.
    found = _parse(text)
    return str(found) if found else UNKNOWN


def limit_key(text: str) -> str:
    """Return the key of rate limits: the IPv4 address, or the /64 of an IPv6 address."""
    found = _parse(text)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, CLIENT_PREFIX), strict=False))
    return str(found) if found else UNKNOWN


def network(text: str) -> str:
    """Return the part that stays when a provider assigns another address: a /24, or an IPv6 /48."""
    found = _parse(text)
    if found is None:
        return UNKNOWN
    prefix = SITE_PREFIX if isinstance(found, IPv6Address) else NETWORK_PREFIX
    return str(ip_network((found, prefix), strict=False))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] if match["v4"] is None else match["v4"]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
