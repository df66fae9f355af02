"""Several web processes behind one address, as a cluster runs them."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from uuid import uuid4

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis

from tests.outside.api_client import ApiClients
from tests.outside.partition import Partition
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.tickets.state import TicketDetailState

STATE = TicketDetailState.get_full_name()
NOTE = f"{SessionState.get_full_name()}.note_crash"
WAIT_SECONDS = 60
STORES = ("REDIS_URL", "REDIS_STATE_URL")
IS_LOADED = '"is_loaded_rx_state_":true'
IS_NOTED = '"notice_rx_state_":"That did not work'


def heard(page: SocketClient, words: str) -> bool:
    return any(words in message for message in page.received)


def hydrated(page: SocketClient) -> str:
    """Return the first message with the state that the server kept for this tab."""
    return next(message for message in page.received if STATE in message)


async def test_a_page_goes_on_where_it_was_when_another_process_takes_it_over(
    site: Site, clients: ApiClients
) -> None:
    title = f"Lanterns {uuid4().hex}"
    path = f"/tickets/{(await (await clients.sign_up()).sell(title=title))['id']}"
    shared = {"REFLEX_STATE_MANAGER_MODE": "redis"}
    with ExitStack() as stack:
        first, second = (stack.enter_context(site.other_web(**shared)) for _ in range(2))
        async with SocketClient(first.url, path, origin=first.url) as page:
            await eventually(lambda: heard(page, IS_LOADED))
            assert title not in hydrated(page)
        again = SocketClient(second.url, path, origin=second.url, token=page.token)
        async with again:
            await eventually(lambda: heard(again, IS_LOADED))
            assert title in hydrated(again)
        states = {name: await keys(site, name, page.token) for name in STORES}
        async with AsyncClient(base_url=first.url) as browser:
            await browser.post("/api/users/signout", headers={"x-tab": page.token})
    assert states["REDIS_STATE_URL"]
    assert not states["REDIS_URL"]
    assert not await keys(site, "REDIS_STATE_URL", f"{page.token}_reflex"), "deleted at sign-out"


async def keys(site: Site, store: str, part: str) -> list[str]:
    async with Redis.from_url(site.stack.env[store]) as client:
        return [key async for key in client.scan_iter(f"*{part}*")]


@pytest.mark.slow  # It waits for three time limits: 25 s.
async def test_a_handler_gives_up_in_a_partition_from_redis_and_works_after_it(
    site: Site, clients: ApiClients
) -> None:
    path = f"/tickets/{(await (await clients.sign_up()).sell())['id']}"
    log = site.stack.data_dir / "logs/web.log"
    async with AsyncExitStack() as stack:
        way = await stack.enter_async_context(Partition(site.stack.env["REDIS_STATE_URL"]))
        shared = {"REFLEX_STATE_MANAGER_MODE": "redis", "REDIS_STATE_URL": way.url}
        other = site.other_web(**shared)
        web = await asyncio.to_thread(other.__enter__)
        stack.push_async_callback(asyncio.to_thread, other.__exit__, None, None, None)
        page = await stack.enter_async_context(SocketClient(web.url, path, origin=web.url))
        await eventually(lambda: heard(page, IS_LOADED), seconds=WAIT_SECONDS)
        way.cut()
        said_before = len(log.read_text())
        await page.call(NOTE, {})
        await eventually(
            lambda: "redis.exceptions.TimeoutError" in log.read_text()[said_before:],
            seconds=WAIT_SECONDS,
        )
        assert not heard(page, IS_NOTED)
        way.heal()
        await page.call(NOTE, {})
        await eventually(lambda: heard(page, IS_NOTED), seconds=WAIT_SECONDS)
