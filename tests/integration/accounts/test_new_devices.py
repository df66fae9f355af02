"""A sign-in on a device that the account did not use before is marked, for a notice to its owner."""

from collections.abc import Callable

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests.factories import recorded_events
from tests.integration.accounts.browsers import ANA
from ticketing_app.core import db


@pytest.fixture
async def ana(api: AsyncClient, change_settings: Callable[..., None]) -> AsyncClient:
    """Signed up on a phone."""
    change_settings(trusted_proxy_hops=1)
    headers = {"user-agent": "phone", "x-forwarded-for": "192.0.2.10"}
    assert (await api.post("/api/users/signup", json=ANA, headers=headers)).status_code == 201
    api.cookies.clear()
    return api


async def sign_in(api: AsyncClient, device: str, address: str) -> bool:
    """Sign in; return whether the event says that the device is new."""
    before = len(await recorded_events("UserSignedIn"))
    headers = {"user-agent": device, "x-forwarded-for": address}
    assert (await api.post("/api/users/signin", json=ANA, headers=headers)).status_code == 200
    event = (await recorded_events("UserSignedIn"))[before]
    assert (event["device"], event["address"], event["method"]) == (device, address, "password")
    return event["is_new_device"]


@pytest.mark.parametrize(
    ("device", "address", "is_new"),
    [
        ("phone", "192.0.2.10", False),
        ("phone", "192.0.2.99", False),
        ("phone", "192.0.3.10", True),
        ("laptop", "192.0.2.10", True),
        ("phone", "2001:db8::1", True),
    ],
)
async def test_is_new_by_device_and_network(
    ana: AsyncClient, device: str, address: str, *, is_new: bool
) -> None:
    assert await sign_in(ana, device, address) is is_new
    ana.cookies.clear()
    assert not await sign_in(ana, device, address)


async def test_networks_of_ipv6_are_those_of_a_provider(ana: AsyncClient) -> None:
    assert await sign_in(ana, "phone", "2001:db8:1:2::1")
    ana.cookies.clear()
    assert not await sign_in(ana, "phone", "2001:db8:1:ffff::2")


async def test_a_device_with_its_cookie_is_known_everywhere(ana: AsyncClient) -> None:
    assert await sign_in(ana, "laptop", "192.0.2.10")
    assert not await sign_in(ana, "laptop after an update", "198.51.100.7")


async def test_a_device_is_forgotten_after_90_days(ana: AsyncClient) -> None:
    async with db.autocommit() as connection:
        old = "UPDATE sessions SET last_seen_at = now() - interval '91 days'"
        await connection.execute(text(old))
    assert await sign_in(ana, "phone", "192.0.2.10")


async def test_sign_up_is_no_sign_in(api: AsyncClient) -> None:
    await api.post("/api/users/signup", json=ANA)
    assert await recorded_events("UserSignedIn") == []
