"""Client addresses: all spellings of an address are one key."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing_app.core import addresses

V6 = (
    st.ip_addresses(v=6)
    .map(lambda each: IPv6Address(str(each)))
    .filter(lambda a: not a.ipv4_mapped)
)
V4 = st.ip_addresses(v=4).map(lambda each: IPv4Address(str(each)))
PORTS = st.integers(0, 65_535)


class TestCanonical:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1 ", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::FFFF:C000:0201]:443", "192.0.2.1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:80", "fe80::1"),
            ("", "unknown"),
            ("unknown", "unknown"),
            ("_hidden", "unknown"),
            ("192.0.2.999", "unknown"),
            ("010.0.0.1", "unknown"),
            ("[2001:db8::1", "unknown"),
            ("[2001:db8::1]x", "unknown"),
        ],
    )
    def test_strips_port_brackets_and_zone(self, text: str, shown: str) -> None:
        assert addresses.canonical(text) == shown

    @given(V6, PORTS)
    def test_gives_each_spelling_of_ipv6_one_form(self, address: IPv6Address, port: int) -> None:
        long = address.exploded
        spellings = [long, long.upper(), f"[{long}]", f"[{address}]:{port}", f"{address}%7"]
        assert {addresses.canonical(each) for each in spellings} == {str(address)}

    @given(V4, PORTS)
    def test_gives_each_spelling_of_ipv4_one_form(self, address: IPv4Address, port: int) -> None:
        spellings = [str(address), f"{address}:{port}", f"[::ffff:{address}]:{port}"]
        assert {addresses.canonical(each) for each in spellings} == {str(address)}

    @given(st.text())
    def test_takes_any_text(self, text: str) -> None:
        shown = addresses.canonical(text)
        assert addresses.canonical(shown) == shown


class TestLimitKey:
    @given(V4)
    def test_is_the_address_of_ipv4(self, address: IPv4Address) -> None:
        assert addresses.limit_key(str(address)) == str(address)

    @given(V6, st.integers(0, 2**64 - 1))
    def test_is_one_for_a_whole_network(self, address: IPv6Address, host: int) -> None:
        network = int(address) >> 64 << 64
        neighbour = IPv6Address(network | host)
        key = addresses.limit_key(str(address))
        if not neighbour.ipv4_mapped:
            assert addresses.limit_key(str(neighbour)) == key
        assert address in IPv6Network(key)

    @given(V6)
    def test_is_another_for_the_next_network(self, address: IPv6Address) -> None:
        other = IPv6Address(int(address) ^ (1 << 64))
        assert addresses.limit_key(str(other)) != addresses.limit_key(str(address))
