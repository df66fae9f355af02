"""My Listings: what it shows, and its handlers called by sellers and by strangers with anything."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import OwnTicketRead
from ticketing_app.ui.listings.state import OwnListingsState
from ticketing_app.ui.listings.views import GIVEN_BACK, ListingRow

SignIn = Callable[[UserRead], Awaitable[str]]
NOW = datetime(2027, 11, 3, 20, tzinfo=UTC)


def ticket(**changes: Any) -> OwnTicketRead:  # noqa: ANN401  # any field
    facts: dict[str, Any] = dict.fromkeys(OwnTicketRead.model_fields)
    facts |= {
        "id": db.new_id(),
        "user_id": db.new_id(),
        "title": "Kites",
        "price_cents": 4000,
        "currency": "usd",
        "status": Availability.AVAILABLE,
        "version": 1,
        "created_at": NOW,
    }
    return OwnTicketRead(**facts | changes)


class TestListingRow:
    @pytest.mark.parametrize(
        ("changes", "label", "note", "can_change"),
        [
            ({}, "For sale", "Listed 3 Nov 2027", True),
            ({"status": Availability.LOCKED}, "Being bought", "Listed 3 Nov 2027", False),
            ({"status": Availability.WITHDRAWN}, "Withdrawn", "Listed 3 Nov 2027", False),
            (
                {"status": Availability.SOLD, "sold_at": NOW},
                "Sold",
                "Sold 3 Nov 2027 for $40",
                False,
            ),
            ({"status": Availability.SOLD}, "Sold", "Sold for $40", False),
        ],
    )
    def test_says_how_it_stands(
        self,
        changes: dict[str, Any],
        label: str,
        note: str,
        can_change: bool,  # noqa: FBT001  # a column of the table above.
    ) -> None:
        row = ListingRow.from_ticket(ticket(**changes), NOW)
        assert (row.state_label, row.note) == (label, note)
        assert (row.edit_href != "", row.resale_href) == (can_change, "")

    def test_says_that_a_refunded_ticket_is_its_sellers_again(self) -> None:
        sold = ticket(status=Availability.SOLD, sold_at=NOW)
        row = ListingRow.from_ticket(sold, NOW, can_relist=True)
        assert (row.note, row.resale_href) == (GIVEN_BACK, f"/tickets/new?previous={sold.id}")

    def test_tells_where_and_which_seat(self) -> None:
        assert ListingRow.from_ticket(ticket(city="Porto", seat="7"), NOW).facts == "Porto · Seat 7"


class TestOwnListingsState:
    @pytest.fixture
    async def seller(self, stripe_books: None, tab: Tab, sign_in: SignIn) -> UserRead:  # noqa: ARG002  # order only.
        seller = await factories.make_user()
        tab.open("/tickets/mine", cookie=await sign_in(seller))
        return seller

    async def test_shows_ones_own_and_follows_them(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller, title="Own")
        await factories.make_ticket(title="Somebody else's")
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert [(row.title, row.state_label) for row in shown.rows] == [("Own", "For sale")]
        order = await factories.hold(listed)
        await tab.call(OwnListingsState.refresh)
        assert shown.rows[0].deadline == order.expires_at.isoformat()

    async def test_offers_a_refunded_ticket_again(self, tab: Tab, seller: UserRead) -> None:
        sale = await sales.sell(await factories.make_ticket(seller))
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert (shown.rows[0].state_label, shown.rows[0].resale_href) == ("Sold", "")
        await sales.give_back(sale)
        await tab.call(OwnListingsState.load)
        assert shown.rows[0].resale_href

    async def test_appends_the_next_page_once(self, tab: Tab, seller: UserRead) -> None:
        for number in range(26):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert (len(shown.rows), shown.has_more) == (24, True)
        for _ in range(2):
            await tab.call(OwnListingsState.load_more)
        assert (len({row.id for row in shown.rows}), shown.has_more) == (26, False)
        await tab.call(OwnListingsState.refresh)
        assert len(shown.rows) == 26

    async def test_withdraws_after_asking(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        await tab.call(OwnListingsState.ask_withdraw, str(listed.id))
        assert shown.asked_id == str(listed.id)
        OwnListingsState.keep.fn(shown)  # type: ignore[attr-defined]
        assert shown.asked_id == ""
        await tab.call(OwnListingsState.withdraw, str(listed.id))
        assert shown.rows[0].state_label == "Withdrawn"

    async def test_a_refusal_outlives_changes_elsewhere(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller)
        await tab.call(OwnListingsState.load)
        await factories.hold(listed)
        await tab.call(OwnListingsState.withdraw, str(listed.id))
        await tab.call(OwnListingsState.refresh)
        shown = tab.state(OwnListingsState)
        assert "buying this ticket right now" in shown.problem
        assert shown.rows[0].state_label == "Being bought"

    @pytest.mark.usefixtures("seller")
    @pytest.mark.parametrize(
        "ticket_id", [None, 7, True, [], {"a": 1}, "\x00", "\ud800", "x" * 100_000, "' OR 1=1"]
    )
    async def test_takes_anything_from_strangers(self, tab: Tab, ticket_id: object) -> None:
        for handler in (OwnListingsState.ask_withdraw, OwnListingsState.withdraw):
            tab.state(OwnListingsState).problem = ""
            await tab.call(handler, ticket_id)
            assert "could not find this ticket" in tab.state(OwnListingsState).problem

    @pytest.mark.usefixtures("seller")
    async def test_withdraws_nobody_elses(self, tab: Tab) -> None:
        other = await factories.make_ticket()
        await tab.call(OwnListingsState.withdraw, str(other.id))
        assert "Only the seller" in tab.state(OwnListingsState).problem
        assert (await factories.read_ticket(other.id)).status is Availability.AVAILABLE

    async def test_is_for_members(self, tab: Tab) -> None:
        tab.open("/tickets/mine")
        for handler, arguments in (
            (OwnListingsState.load, ()),
            (OwnListingsState.refresh, ()),
            (OwnListingsState.load_more, ()),
            (OwnListingsState.withdraw, (str(db.new_id()),)),
        ):
            assert "next=%2Ftickets%2Fmine" in await tab.call(handler, *arguments)
