"""Rate limits in pages: the same as over REST, shown with the time to wait."""

import re
from collections.abc import Awaitable, Callable, Generator

import pytest
from httpx import AsyncClient

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.purchases import press
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import limits
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.tickets.state import TicketDetailState

pytestmark = pytest.mark.usefixtures("database")

SignIn = Callable[[UserRead], Awaitable[str]]
ChangeSettings = Callable[..., None]
SAYS_WHEN = re.compile(r"Too many attempts\. Please try again in \d+ (s|min)\.")


@pytest.fixture(autouse=True)
def no_address_is_left() -> Generator[None]:
    yield
    limits.bind_address("")


class TestPages:
    async def test_search_is_limited_by_the_address_of_the_websocket(
        self, tab: Tab, change_settings: ChangeSettings
    ) -> None:
        change_settings(search_limit_per_address_per_minute=2)
        shown = tab.state(HomeState)
        tab.open("/", address="2001:db8::1")
        await tab.call(HomeState.load)
        tab.open("/?q=lanterns", address="2001:db8::2")
        await tab.call(HomeState.load)
        assert shown.error_message == ""
        tab.open("/?q=kites", address="2001:DB8:0:0::3")
        await tab.call(HomeState.load)
        assert SAYS_WHEN.fullmatch(shown.error_message)
        tab.open("/?q=kites", address="192.0.2.1")
        await tab.call(HomeState.load)
        assert shown.error_message == ""

    async def test_purchase_names_the_wait(
        self, tab: Tab, sign_in: SignIn, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_limit_per_minute=1)
        cookie = await sign_in(await factories.make_user())
        for expected in (r"", SAYS_WHEN):
            ticket = await factories.make_ticket()
            tab.open(f"/tickets/{ticket.id}", cookie=cookie, ticket_id=str(ticket.id))
            await press(tab, ticket)
            assert re.fullmatch(expected, tab.state(TicketDetailState).error_message)

    async def test_several_seats_count_each_and_none_is_listed_beyond(
        self, tab: Tab, sign_in: SignIn, change_settings: ChangeSettings
    ) -> None:
        change_settings(listing_limit_per_hour=4)
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        await tab.call(TicketFormState.load_new)
        form = {"title": "Kites", "price": "40", "seat": "11, 12, 13"}
        assert "listed=3" in await tab.call(TicketFormState.create, form)
        await tab.call(TicketFormState.load_new)
        assert await tab.call(TicketFormState.create, form) == ""
        assert SAYS_WHEN.fullmatch(tab.state(TicketFormState).error_message)
        await tab.call(OwnListingsState.load)
        assert len(tab.state(OwnListingsState).cards) == 3

    async def test_withdrawals_are_limited(
        self, tab: Tab, sign_in: SignIn, change_settings: ChangeSettings
    ) -> None:
        change_settings(edit_limit_per_minute=1)
        seller = await factories.make_user()
        tab.open("/tickets/mine", cookie=await sign_in(seller))
        listed = [await factories.make_ticket(seller) for _ in range(2)]
        for ticket in listed:
            await tab.call(OwnListingsState.withdraw, str(ticket.id))
        shown = tab.state(OwnListingsState)
        assert SAYS_WHEN.fullmatch(shown.error_message)


class TestDocuments:
    async def test_have_a_retry_after(
        self, site: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(search_limit_per_address_per_minute=1)
        assert (await site.get("/search?q=a")).status_code == 200
        answer = await site.get("/search?q=b")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["cache-control"] == "no-store"
        assert SAYS_WHEN.search(answer.text)

    async def test_sitemap_has_its_own_limit(
        self, site: AsyncClient, change_settings: ChangeSettings
    ) -> None:
        change_settings(sitemap_limit_per_address_per_minute=1)
        assert (await site.get("/sitemap.xml")).status_code == 200
        answer = await site.get("/sitemap.xml")
        assert (answer.status_code, answer.headers["cache-control"]) == (429, "no-store")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await site.get("/")).status_code == 200
