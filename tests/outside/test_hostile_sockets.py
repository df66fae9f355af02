"""Every handler of every page, called over the websocket with hostile payloads."""

from collections.abc import Generator
from typing import Any

import pytest
import reflex as rx
from websockets.exceptions import InvalidStatus

from tests.outside.api_client import ApiClients
from tests.outside.database_probe import DatabaseProbe
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui import session
from ticketing_app.ui.accounts import state as accounts_state
from ticketing_app.ui.home import state as home_state
from ticketing_app.ui.listings import state as listings_state
from ticketing_app.ui.orders import state as orders_state
from ticketing_app.ui.tickets import state as tickets_state

HOSTILE = (
    None,
    [],
    {"form": None},
    {"form": [1, 2]},
    {"form": {"title": "\x00" * 10, "price": "1e999"}},
    {"form": {"title": ["x"], "price": {"a": 1}}},
    {"text": "x" * 50_000, "sort": "'; DROP TABLE tickets; --"},
    {"text": {"a": []}, "sort": None},
    {"user_id": "00000000-0000-7000-8000-000000000000", "is_mine": True},
    {"var_name": "user_id", "value": "somebody"},
)
# Found when this module is imported: Reflex registers states in the context that imports them.
HANDLERS = [
    f"{state.get_full_name()}.{handler}"
    for module in (session, accounts_state, home_state, tickets_state, listings_state, orders_state)
    for state in vars(module).values()
    if isinstance(state, type) and issubclass(state, rx.State) and state is not rx.State
    if not state._mixin
    for handler in state.event_handlers
]


SENTINEL = f"{home_state.HomeState.get_full_name()}.load"


@pytest.fixture
def patient_url(site: Site) -> Generator[str]:
    """A web process that closes no socket, whatever the number of calls."""
    with site.other_web(SOCKET_MESSAGES_PER_SECOND="0") as web:
        yield web.url


async def test_strangers_change_nothing_and_crash_nothing(
    patient_url: str, clients: ApiClients, probe: DatabaseProbe
) -> None:
    seller = await clients.sign_up()
    ticket = await seller.sell()
    before = await everything(probe)
    assert len(HANDLERS) > 20
    for path in (f"/tickets/{ticket['id']}", "/orders/nonsense"):
        async with SocketClient(patient_url, path, origin=patient_url) as stranger:
            await stranger.answers()
            for name in HANDLERS:
                for payload in HOSTILE:
                    await stranger.call(name, payload)
            # Calls are answered in their order: the answer to this one comes after all others.
            stranger.received.clear()
            stranger.go_to("/?q=sentinel")
            await stranger.call(SENTINEL, {})
            await eventually(lambda at=stranger: "q=sentinel" in str(at.received), seconds=60)
    assert await everything(probe) == before
    assert (await seller.get(f"/api/tickets/{ticket['id']}")).json() == ticket


async def test_signed_in_visitor_cannot_change_rows_of_others(
    site: Site, clients: ApiClients, probe: DatabaseProbe
) -> None:
    seller, buyer, thief = [await clients.sign_up() for _ in range(3)]
    ticket = await seller.sell()
    order = (await buyer.purchase(ticket["id"])).json()
    before = await everything(probe)
    cookie = f"session={thief.cookies['session']}"
    seller_only = "Only the seller"
    change = {"title": "Mine now", "price": "1"}
    calls = {
        f"/tickets/{ticket['id']}": ("ticket_detail_state.withdraw", {}, seller_only),
        f"/tickets/{ticket['id']}/edit": (
            "ticket_form_state.update",
            {"form": change},
            seller_only,
        ),
        f"/orders/{order['id']}": ("order_detail_state.release", {}, "could not find this order"),
    }
    for path, (handler, payload, refusal) in calls.items():
        (name,) = [full for full in HANDLERS if full.endswith(handler)]
        async with SocketClient(site.url, path, origin=site.url, cookie=cookie) as client:
            await client.answers()
            await client.call(name, payload)
            await eventually(lambda words=refusal, at=client: words in str(at.received))
    assert await everything(probe) == before


@pytest.mark.parametrize("origin", ["https://evil.test", "null", None])
async def test_a_foreign_page_gets_no_socket(site: Site, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with SocketClient(site.url, "/", origin=origin):
            pass
    assert refusal.value.response.status_code == 403


async def everything(probe: DatabaseProbe) -> dict[str, Any]:
    tables = ("users", "tickets", "orders", "charges")
    return {
        table: await probe.rows(f"SELECT count(*), max(id::text) FROM {table}") for table in tables
    }  # fixed names
