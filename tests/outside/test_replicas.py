"""Several web processes behind one address, as a cluster runs them."""

from contextlib import ExitStack

from tests.outside.people import People
from tests.outside.socket_client import SocketClient
from tests.site import Site
from tests.waiting import eventually
from ticketing_app.ui.tickets.state import TicketDetailState

ASK = f"{TicketDetailState.get_full_name()}.ask_withdraw"
IS_LOADED = '"is_loaded_rx_state_":true'
IS_ASKING = '"is_asking_rx_state_":true'


def heard(page: SocketClient, words: str) -> bool:
    return any(words in message for message in page.received)


async def test_a_page_goes_on_where_it_was_when_another_process_takes_it_over(
    site: Site, people: People
) -> None:
    path = f"/tickets/{(await (await people.make()).sell())['id']}"
    shared = {
        "REFLEX_STATE_MANAGER_MODE": "redis",
        "REFLEX_REDIS_URL": site.stack.env["REDIS_URL"],
    }
    with ExitStack() as stack:
        first, second = (stack.enter_context(site.other_web(**shared)) for _ in range(2))
        async with SocketClient(first.url, path, origin=first.url) as page:
            await eventually(lambda: heard(page, IS_LOADED))
            assert not heard(page, IS_ASKING)
            await page.call(ASK, {})
            await eventually(lambda: heard(page, IS_ASKING))
        again = SocketClient(second.url, path, origin=second.url, token=page.token)
        async with again:
            await eventually(lambda: heard(again, IS_LOADED))
            assert heard(again, IS_ASKING)
