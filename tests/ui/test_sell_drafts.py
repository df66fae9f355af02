"""The draft of the sell form, across steps, tabs and devices."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.sell_form import NEW_EVENT, fields_of, fill_in, read_draft
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.schemas.listings import DraftUpdate
from ticketing_app.tickets.service import drafts
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.sell.form import SellForm
from ticketing_app.ui.sell.state import SellState

SignIn = Callable[[UserRead], Awaitable[str]]


@pytest.mark.usefixtures("database")
class TestDraft:
    @pytest.fixture
    async def seller(self, database: None, tab: Tab, sign_in: SignIn) -> UserRead:  # noqa: ARG002  # order only.
        seller = await factories.make_user()
        await factories.make_cities()
        tab.open("/sell", cookie=await sign_in(seller))
        return seller

    async def test_saves_from_first_character(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        await tab.call(SellState.load_event)
        await tab.call(SellState.type_event, {"name": "N"}, ["name"])
        assert (await fields_of(seller))["name"] == "N"
        # Another tab, or another device.
        other = Tab()
        other.open("/sell", cookie=await sign_in(seller))
        await other.call(SellState.load_event)
        assert other.state(SellState).form.name == "N"
        await other.call(SellState.type_price, {"price": "40"}, ["price"])
        assert (await fields_of(seller))["name"] == "N"

    async def test_lists_only_what_was_seen(self, tab: Tab, seller: UserRead) -> None:
        await fill_in(tab)
        await tab.call(SellState.load_look)
        shown = tab.state(SellState)
        seen = shown.version
        async with db.transaction() as session:
            await drafts.save_draft(
                session, user_id=seller.id, update=DraftUpdate(fields={"price": "1"})
            )
        for version in (f"{seen}", "0", "", "x", "٣", "9" * 30, None):
            await tab.call(SellState.list_for_sale, {"version": version})
            assert "changed in another tab" in shown.error_message
        await tab.call(SellState.list_for_sale, "x")
        assert await factories.recorded_events("TicketCreated", "EventCreated") == []
        assert await fields_of(seller)

    async def test_keeps_draft_if_listing_fails(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        event = await factories.make_event()
        tab.open("/sell/look", cookie=await sign_in(seller))
        seats = {"eventId": str(event.id), "row": "F", "seats": "5"}
        await factories.make_listing("5", seller=seller, event=event)
        await tab.call(SellState.submit_tickets, seats)
        await tab.call(SellState.submit_price, {"price": "40"})
        await tab.call(SellState.load_look)
        shown = tab.state(SellState)
        await tab.call(SellState.list_for_sale, {"version": f"{shown.version}"})
        assert shown.error_message
        assert (await fields_of(seller))["price"] == "40"

    async def test_offers_to_go_on_with_draft(self, tab: Tab, seller: UserRead) -> None:
        del seller
        await tab.call(TicketFormState.load_new)
        shown = tab.state(TicketFormState)
        assert not shown.has_draft
        await tab.call(SellState.type_name, {"name": "K"}, ["name"])
        await tab.call(TicketFormState.load_new)
        assert shown.has_draft

    async def test_starts_over(self, tab: Tab, seller: UserRead) -> None:
        await fill_in(tab)
        assert "/tickets/new" in await tab.call(SellState.start_over)
        assert await read_draft(seller) is None
        assert tab.state(SellState).form == SellForm()

    async def test_shows_draft_of_another_device(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        await tab.call(SellState.load_event)
        await tab.call(SellState.type_event, {"name": "Kites"}, ["name"])
        shown = tab.state(SellState)
        # The tab's own draft keeps its fields.
        await tab.call(SellState.load_event)
        assert shown.opened == 0
        other = Tab()
        other.open("/sell", cookie=await sign_in(seller))
        await other.call(SellState.load_event)
        await other.call(SellState.type_event, {"name": "Lanterns"}, ["name"])
        await tab.call(SellState.load_event)
        assert (shown.opened, shown.form.name) == (1, "Lanterns")

    async def test_drops_draft_of_a_changed_event(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        event: EventRead = await factories.make_event()
        tab.open(f"/sell/tickets?event={event.id}", cookie=await sign_in(seller))
        await tab.call(SellState.submit_tickets, {"eventId": str(event.id)})
        # A new event replaces the chosen one; the tickets stay.
        await tab.call(SellState.submit_event, NEW_EVENT)
        fields = await fields_of(seller)
        assert (fields["eventId"], fields["name"]) == ("", "Night of Kites")

    async def test_keeps_event_of_the_address(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        event = await factories.make_event()
        tab.open(f"/sell/tickets?event={event.id}", cookie=await sign_in(seller))
        # Typed before the page was loaded, so that its form does not know the event yet.
        await tab.call(SellState.type_tickets, {"eventId": "", "row": "F"}, ["row"])
        assert (await fields_of(seller))["eventId"] == str(event.id)
        tab.open("/sell/tickets", cookie=await sign_in(seller))
        await tab.call(SellState.submit_tickets, {"eventId": "", "row": "F"})
        assert (await fields_of(seller))["eventId"] == str(event.id)
