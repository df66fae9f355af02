"""One stranger with one websocket against a web process with its default limits: `python -m benchmarks.stranger`.

For a third of the time each: messages that fill states, list pages without a reader, and calls as fast as
possible. After each disconnection the stranger connects again. Meanwhile other visitors look at tickets.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress

from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.measure import Processes, check_limit, percentile, running_site
from tests.outside.api_client import ApiClient
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.core.settings import Settings
from ticketing_app.ui.home.state import HomeState

SECONDS = 60
TICKETS = 600
MEGABYTES = 20
RATIO = 1.5
VISITORS = 5
PAUSE_SECONDS = 0.2
STRANGER = "198.51.100.1"
LIST = HomeState.get_full_name()
ON_LOAD = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
LIMITS = {
    name.upper(): str(Settings.model_fields[name].default)
    for name in ("socket_messages_per_second", "sockets_per_address")
}
CUT_OFF = (ConnectionClosed, InvalidStatus, OSError, TimeoutError)

Attack = Callable[[SocketClient], Awaitable[None]]


async def fill_states(stranger: SocketClient) -> None:
    """H1: the longest texts that fit into a message, in fields that Reflex used to store."""
    long = "/" + "x" * 30_000
    stranger.claim_to_be_at({"pathname": long, "asPath": long})
    await stranger.call(ON_LOAD, {})
    stranger.go_to("/")
    await stranger.call("reflex___state____state.set_is_hydrated", {"value": "x" * 60_000})


async def ask_and_not_read(stranger: SocketClient) -> None:
    """H2: request page after page of the list without reading any."""
    stranger.stop_reading()
    await stranger.call(f"{LIST}.load_more", {})
    await stranger.call(f"{LIST}.refresh", {})


async def flood(stranger: SocketClient) -> None:
    """H3: calls as fast as they can be sent."""
    await stranger.call(f"{LIST}.refresh", {})


async def attack(url: str, act: Attack, until: float) -> int:
    """Repeat the attack over one socket at a time; return the number of disconnections."""
    cut_off = 0
    while time.monotonic() < until:
        with suppress(*CUT_OFF):
            async with SocketClient(url, "/", origin=url, address=STRANGER) as stranger:
                while time.monotonic() < until:
                    await asyncio.wait_for(act(stranger), 1)
                    await asyncio.sleep(0)
                return cut_off
        cut_off += 1
    return cut_off


async def visit(visitor: SocketClient, until: float) -> list[float]:
    """Return the seconds that each call of a visitor took."""
    seconds: list[float] = []
    number = 0
    while time.monotonic() < until:
        number += 1
        visitor.received.clear()
        address = f"q=visitor{number}"
        visitor.go_to(f"/?{address}")
        started = time.perf_counter()
        await visitor.call(f"{LIST}.load", {})
        await eventually(lambda address=address: address in str(visitor.received), seconds=30)
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE_SECONDS)
    return seconds


async def visits(visitors: Sequence[SocketClient], until: float) -> float:
    """Return the median time of a call of all visitors."""
    found = await asyncio.gather(*(visit(each, until) for each in visitors))
    return percentile([second for each in found for second in each], 0.5)


async def measure(site: Site, url: str, processes: Processes, seconds: float) -> bool:
    async with AsyncExitStack() as stack:
        seller = await stack.enter_async_context(ApiClient(site.url))
        await seller.sign_up()
        for number in range(TICKETS):
            await seller.sell(title=f"Ticket {number}")
        visitors = [
            await stack.enter_async_context(
                SocketClient(url, "/", origin=url, address=f"192.0.2.{number}")
            )
            for number in range(VISITORS)
        ]
        share = seconds / 4
        # Warm up the caches, connections and compiled statements of the process.
        for act in (fill_states, ask_and_not_read, flood):
            await attack(url, act, time.monotonic() + 2)
        idle = await visits(visitors, time.monotonic() + share)
        print(f"idle: median call of {VISITORS} visitors {idle * 1000:.0f} ms")
        before = processes.own_bytes()
        verdicts: list[bool] = []
        for act in (fill_states, ask_and_not_read, flood):
            until = time.monotonic() + share
            cut_off, busy = await asyncio.gather(attack(url, act, until), visits(visitors, until))
            grown = (processes.own_bytes() - before) / 1e6
            print(f"{act.__name__}: cut off {cut_off} times, median {busy * 1000:.0f} ms")
            verdicts += [
                check_limit(f"memory grown by the end of {act.__name__}", grown, MEGABYTES, "MB"),
                check_limit(f"median during {act.__name__}", busy / idle, RATIO, "of idle"),
            ]
        return all(verdicts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    seconds = parser.parse_args().seconds
    with running_site() as site, site.other_web(**LIMITS, TRUSTED_PROXY_HOPS="1") as web:
        return 0 if asyncio.run(measure(site, web.url, Processes(web.pid), seconds)) else 1


if __name__ == "__main__":
    sys.exit(main())
