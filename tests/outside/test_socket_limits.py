"""Limits of websockets for one stranger, with the defaults of production."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, suppress

import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.outside.api_client import ApiClients
from tests.outside.socket_client import BOOT, SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core.settings import Settings
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.home.state import HomeState

DEFAULTS = {
    name.upper(): str(Settings.model_fields[name].default)
    for name in ("socket_messages_per_second", "sockets_per_address")
}
REFRESH = f"{HomeState.get_full_name()}.refresh"
ON_LOAD = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
LOADED = '"is_loaded_rx_state_":true'
MOST_SOCKETS = 5


@pytest.fixture(scope="module")
def web(site: Site) -> Generator[str]:
    """A web process with the limits of production, few sockets for an address, and states in Redis.

    A tab's state ends there after a second.
    """
    settings = {
        **DEFAULTS,
        "SOCKETS_PER_ADDRESS": str(MOST_SOCKETS),
        "REFLEX_STATE_MANAGER_MODE": "redis",
        "REFLEX_REDIS_TOKEN_EXPIRATION": "2",
    }
    with site.other_web(**settings) as web:
        yield web.url


@pytest.fixture
async def states(site: Site) -> AsyncGenerator[Redis]:
    """The Redis that keeps the states of tabs."""
    async with Redis.from_url(site.stack.env["REDIS_STATE_URL"]) as states:
        yield states


@pytest.fixture
async def stranger(web: str) -> AsyncGenerator[SocketClient]:
    """A stranger on the loaded list of tickets."""
    async with SocketClient(web, "/", origin=web) as stranger:
        await eventually(lambda: LOADED in str(stranger.received))
        stranger.received.clear()
        yield stranger


async def test_messages_are_small(stranger: SocketClient) -> None:
    await stranger.call(REFRESH, {"form": "x" * 70_000})
    await stranger.wait_closed()


async def test_state_of_a_tab_stays_small(stranger: SocketClient, states: Redis) -> None:
    long = "/" + "x" * 30_000
    stranger.claim_to_be_at({"pathname": long, "asPath": long})
    await stranger.call(ON_LOAD, {})
    stranger.go_to("/?q=small")
    for name in ("set_is_hydrated", "setvar"):
        await stranger.call(f"reflex___state____state.{name}", {"value": "x" * 60_000})
    await stranger.call(ON_LOAD, {})
    await eventually(lambda: "q=small" in str(stranger.received))
    found = [key async for key in states.scan_iter(f"{stranger.token}*")]
    # Reflex's lock of the tab expires separately.
    keys = [key for key in found if not key.endswith(b"_lock")]
    assert keys
    # A key may expire between the two calls.
    assert sum([len(await states.dump(key) or b"") for key in keys]) < 40_000
    assert max([await states.ttl(key) for key in keys]) <= 2


async def test_calls_are_few(stranger: SocketClient) -> None:
    with suppress(ConnectionClosed):
        for _ in range(1500):
            await stranger.call(REFRESH, {})
            # Give the reader a turn, also to see the end of the connection.
            await asyncio.sleep(0)
    await stranger.wait_closed()
    answers = [message for message in stranger.received if "cards" in message]
    assert len(answers) <= 60


async def test_sockets_of_an_address_are_few(web: str) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST_SOCKETS):
            await stack.enter_async_context(SocketClient(web, "/", origin=web))
        with pytest.raises(InvalidStatus) as refusal:
            await stack.enter_async_context(SocketClient(web, "/", origin=web))
        assert refusal.value.response.status_code == 403


async def test_page_whose_state_has_ended_is_loaded_anew(
    stranger: SocketClient, states: Redis
) -> None:
    async def is_gone() -> bool:
        keys = [key async for key in states.scan_iter(f"{stranger.token}*")]
        return not keys

    await eventually(is_gone, seconds=20)
    await stranger.call(REFRESH, {})
    await eventually(
        lambda: LOADED in str(stranger.received) and "is_hydrated" in str(stranger.received)
    )


async def test_token_of_a_tab_gives_a_stranger_no_state(web: str, clients: ApiClients) -> None:
    owner = await clients.sign_up()
    cookie = f"session={owner.cookies['session']}"
    async with SocketClient(web, "/account/security", origin=web, cookie=cookie) as tab:
        await eventually(lambda: LOADED in str(tab.received))
        email = (await owner.get("/api/users/currentuser")).json()["currentUser"]["email"]
        assert email in str(tab.received)
    async with SocketClient(web, "/account/security", origin=web, token=tab.token) as thief:
        await eventually(lambda: "/auth/signin" in str(thief.received))
        await thief.call(f"{SecurityState.get_full_name()}.load", {})
        await thief.answers()
    assert email not in str(thief.received)
    assert "127.0.0.1" not in str([m for m in thief.received if "rows" in m])


async def test_forged_connect_is_dropped(stranger: SocketClient) -> None:
    environ = {"asgi.scope": {"client": ["6.6.6.6", 1], "headers": []}}
    await stranger.emit("connect", environ)
    stranger.go_to("/?q=forged")
    await stranger.call(BOOT, {})
    await eventually(lambda: "rx_router_session" in str(stranger.received))
    assert "6.6.6.6" not in str(stranger.received)
