"""My Listings: its handlers, also with hostile arguments."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.rules import Availability
from ticketing_app.ui.listings import cards
from ticketing_app.ui.listings.cards import TWICE
from ticketing_app.ui.listings.state import OwnListingsState

SignIn = Callable[[UserRead], Awaitable[str]]


class TestOwnListingsState:
    @pytest.fixture
    async def seller(self, stripe_books: None, tab: Tab, sign_in: SignIn) -> UserRead:  # noqa: ARG002  # order only.
        seller = await factories.make_user()
        tab.open("/tickets/mine", cookie=await sign_in(seller))
        return seller

    async def test_shows_own_listings(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller, title="Own")
        await factories.make_ticket(title="Somebody else's")
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert [(card.title, card.seats[0].state_label) for card in shown.cards] == [
            ("Own", "For sale")
        ]
        order = await factories.hold(listed)
        await tab.call(OwnListingsState.refresh)
        assert shown.cards[0].seats[0].deadline == order.expires_at.isoformat()

    async def test_offers_resale_of_refunded_ticket(self, tab: Tab, seller: UserRead) -> None:
        sale = await sales.sell(await factories.make_ticket(seller))
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        (row,) = shown.cards[0].seats
        assert (row.state_label, row.resale_href) == ("Sold", "")
        await sales.refund_sale(sale)
        await tab.call(OwnListingsState.load)
        assert shown.cards[0].seats[0].resale_href

    async def test_appends_next_page_once(self, tab: Tab, seller: UserRead) -> None:
        for number in range(26):
            await factories.make_ticket(seller, title=f"Ticket {number}")
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert (len(shown.cards), shown.has_more) == (24, True)
        for _ in range(2):
            await tab.call(OwnListingsState.load_more)
        assert (len({row.id for row in shown.cards}), shown.has_more) == (26, False)
        await tab.call(OwnListingsState.refresh)
        assert len(shown.cards) == 26

    async def test_limits_rows(
        self, tab: Tab, seller: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ticketing_app.ui.listings.state.MAX_ROWS", 25)
        made = [await factories.make_ticket(seller) for _ in range(30)]
        await tab.call(OwnListingsState.load)
        await tab.call(OwnListingsState.load_more)
        shown = tab.state(OwnListingsState)
        assert [row.id for row in shown.cards] == [str(each.id) for each in reversed(made[:25])]

    async def test_withdraws(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        await tab.call(OwnListingsState.withdraw, str(listed.id))
        assert shown.cards[0].seats[0].state_label == "Withdrawn"

    async def test_refresh_keeps_error(self, tab: Tab, seller: UserRead) -> None:
        listed = await factories.make_ticket(seller)
        await tab.call(OwnListingsState.load)
        await factories.hold(listed)
        await tab.call(OwnListingsState.withdraw, str(listed.id))
        await tab.call(OwnListingsState.refresh)
        shown = tab.state(OwnListingsState)
        assert "buying this ticket right now" in shown.error_message
        assert shown.cards[0].seats[0].state_label == "Being bought"

    async def test_groups_seats_of_a_listing(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("10", "9", seller=seller)
        await tab.call(OwnListingsState.load)
        (card,) = tab.state(OwnListingsState).cards
        assert (card.listing_id, card.count_line) == (str(made.id), "2 of 2 for sale")
        assert [row.label for row in card.seats] == ["Row F · Seat 9", "Row F · Seat 10"]

    async def test_tells_that_another_seller_has_the_seat(self, tab: Tab, seller: UserRead) -> None:
        event = await factories.make_event()
        await factories.make_listing("9", seller=seller, event=event)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert shown.cards[0].twice_line == ""
        await factories.make_listing("9", event=event)
        await tab.call(OwnListingsState.refresh)
        assert shown.cards[0].twice_line == TWICE

    async def test_changes_price_of_unsold_seats(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing(
            "9", "10", seller=seller, description="Aisle", faceValue=30
        )
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        form = {"listingId": str(made.id), "price": "35,50", "version": "1"}
        await tab.call(OwnListingsState.change_price, form)
        assert (shown.error_message, shown.cards[0].price) == ("", "$35.50")
        for each in made.seats:
            ticket = await factories.read_ticket(each.ticket_id)
            assert (ticket.price_cents, ticket.description) == (3550, "Aisle")
            assert ticket.face_value_cents == 3000

    async def test_keeps_price_of_another_tab(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        made = await factories.make_listing("9", "10", seller=seller)
        other = Tab()
        other.open("/tickets/mine", cookie=await sign_in(seller))
        seen = {"listingId": str(made.id), "version": "1"}
        for each in (tab, other):
            await each.call(OwnListingsState.load)
            assert each.state(OwnListingsState).cards[0].version == 1
        await other.call(OwnListingsState.change_price, seen | {"price": "50"})
        await tab.call(OwnListingsState.change_price, seen | {"price": "35"})
        shown = tab.state(OwnListingsState)
        assert (shown.cards[0].price, shown.cards[0].version) == ("$50", 2)
        assert "costs $50 now. Press Change again" in shown.price_problem
        assert shown.error_message == ""
        await tab.call(OwnListingsState.change_price, seen | {"price": "35", "version": "2"})
        assert (shown.cards[0].price, shown.price_problem) == ("$35", "")

    async def test_pauses_and_resumes(self, tab: Tab, seller: UserRead) -> None:
        event = await factories.make_event()
        made = await factories.make_listing("9", "10", seller=seller, event=event)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert (shown.sums, shown.cards[0].href) == ("2 for sale", f"/events/{event.slug}")
        held = await factories.read_ticket(made.seats[0].ticket_id)
        await factories.hold(held)
        await tab.call(OwnListingsState.pause, str(made.id))
        assert [row.state_label for row in shown.cards[0].seats] == ["Paused", "Paused"]
        assert (shown.sums, shown.note) == ("1 being bought · 1 paused", cards.PAUSED)
        await tab.call(OwnListingsState.resume, str(made.id))
        assert [row.state_label for row in shown.cards[0].seats] == ["Being bought", "For sale"]
        assert (shown.sums, shown.note) == ("1 for sale · 1 being bought", cards.RESUMED)
        await tab.call(OwnListingsState.withdraw, str(made.seats[1].ticket_id))
        assert (shown.sums, shown.note) == ("1 being bought", "")

    async def test_sums_only_money_that_stays(self, tab: Tab, seller: UserRead) -> None:
        for price in (40, 80):
            await sales.sell(await factories.make_ticket(seller, price=price))
        await factories.make_ticket(price=10)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        assert shown.sums == "$120 sold"
        refunded = await sales.sell(await factories.make_ticket(seller, price=20))
        await sales.refund_sale(refunded)
        await tab.call(OwnListingsState.refresh)
        assert shown.sums == "$120 sold"

    async def test_hides_sum_of_too_many_sales(
        self, tab: Tab, seller: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ticketing_app.orders.service.sell.MAX_SUMMED", 0)
        await sales.sell(await factories.make_ticket(seller))
        await tab.call(OwnListingsState.load)
        assert tab.state(OwnListingsState).sums == ""

    async def test_explains_wrong_price_beside_it(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("9", seller=seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        for price in ("", "0.2", "much", "9999999", "\ud800"):
            form = {"listingId": str(made.id), "price": price, "version": "1"}
            await tab.call(OwnListingsState.change_price, form)
            assert shown.price_problem
            assert shown.price_problem_id == str(made.id)
        form = {"listingId": str(made.id), "price": "41", "version": "1"}
        await tab.call(OwnListingsState.change_price, form)
        assert (shown.price_problem, shown.cards[0].price) == ("", "$41")

    async def test_refuses_changes_while_a_seat_is_held(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("9", "10", seller=seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        await factories.hold(await factories.read_ticket(made.seats[0].ticket_id))
        for handler, argument in (
            (
                OwnListingsState.change_price,
                {"listingId": str(made.id), "price": "1", "version": "1"},
            ),
            (OwnListingsState.withdraw_all, str(made.id)),
        ):
            await tab.call(handler, argument)
            assert "Somebody is buying from this listing right now" in shown.error_message
        await tab.call(OwnListingsState.withdraw, str(made.seats[1].ticket_id))
        assert [row.state_label for row in shown.cards[0].seats] == ["Being bought", "Withdrawn"]

    async def test_withdraws_all_seats(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("9", "10", seller=seller)
        await tab.call(OwnListingsState.load)
        await tab.call(OwnListingsState.withdraw_all, str(made.id))
        (card,) = tab.state(OwnListingsState).cards
        assert {row.state_label for row in card.seats} == {"Withdrawn"}
        assert not card.can_change

    @pytest.mark.usefixtures("seller")
    @pytest.mark.parametrize(
        "form",
        [
            None,
            7,
            [],
            "x",
            {},
            {"listingId": 7, "price": "1"},
            {"listingId": "x", "price": "1", "version": "1"},
            {"listingId": "\x00", "price": "1", "version": "1"},
            {"listingId": str(db.new_id()), "price": "1"},
            {"listingId": str(db.new_id()), "price": 1, "version": "1"},
            {"listingId": str(db.new_id()), "price": "1", "version": "1"},
        ],
    )
    async def test_survives_hostile_prices(self, tab: Tab, form: object) -> None:
        other = await factories.make_listing("9")
        await tab.call(OwnListingsState.change_price, form)
        shown = tab.state(OwnListingsState)
        assert shown.error_message
        form = {"listingId": str(other.id), "price": "1", "version": "1"}
        await tab.call(OwnListingsState.change_price, form)
        assert "Only the seller" in shown.error_message
        for handler in (
            OwnListingsState.withdraw_all,
            OwnListingsState.pause,
            OwnListingsState.resume,
        ):
            await tab.call(handler, str(other.id))
            assert "Only the seller" in shown.error_message
        assert (await factories.read_ticket(other.seats[0].ticket_id)).price_cents == 4000

    @pytest.mark.usefixtures("seller")
    @pytest.mark.parametrize(
        "ticket_id", [None, 7, True, [], {"a": 1}, "\x00", "\ud800", "x" * 100_000, "' OR 1=1"]
    )
    async def test_survives_hostile_arguments(self, tab: Tab, ticket_id: object) -> None:
        await tab.call(OwnListingsState.withdraw, ticket_id)
        shown = tab.state(OwnListingsState)
        assert "could not find this ticket" in shown.error_message
        for handler in (
            OwnListingsState.withdraw_all,
            OwnListingsState.pause,
            OwnListingsState.resume,
        ):
            await tab.call(handler, ticket_id)
            assert "could not find this offer" in shown.error_message

    @pytest.mark.usefixtures("seller")
    async def test_rejects_listing_of_another_seller(self, tab: Tab) -> None:
        other = await factories.make_ticket()
        await tab.call(OwnListingsState.withdraw, str(other.id))
        assert "Only the seller" in tab.state(OwnListingsState).error_message
        assert (await factories.read_ticket(other.id)).status is Availability.AVAILABLE

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/tickets/mine")
        for handler, arguments in (
            (OwnListingsState.load, ()),
            (OwnListingsState.refresh, ()),
            (OwnListingsState.load_more, ()),
            (OwnListingsState.withdraw, (str(db.new_id()),)),
            (OwnListingsState.withdraw_all, (str(db.new_id()),)),
            (OwnListingsState.pause, (str(db.new_id()),)),
            (OwnListingsState.resume, (str(db.new_id()),)),
            (OwnListingsState.change_price, ({"listingId": str(db.new_id()), "price": "1"},)),
        ):
            assert "next=%2Ftickets%2Fmine" in await tab.call(handler, *arguments)
