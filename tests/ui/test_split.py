"""The questions on how several tickets may be sold: defaults, sentences, and what the forms make of them."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.sell_form import NEW_EVENT, PAIR, fields_of, fill_in
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.tickets.rules import Place
from ticketing_app.tickets.schemas.listings import ListingRead
from ticketing_app.tickets.service import listings, offers
from ticketing_app.ui.listings.split import SplitChoice, split_line
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.sell.state import SellState

SignIn = Callable[[UserRead], Awaitable[str]]


def seats(*names: str | None, row: str = "F") -> list[Place]:
    return [Place("Stalls", row, name) for name in names]


async def read_listing(listing: ListingRead) -> ListingRead:
    async with db.transaction() as session:
        return await listings.get_listing(session, listing_id=listing.id)


class TestSplitChoice:
    @pytest.mark.parametrize(
        ("count", "answer", "split"),
        [
            (1, "any", ""),
            (2, "", "together"),
            (2, "no_single", "together"),
            (2, "any", "any"),
            (3, "", "no_single"),
            (3, "together", "together"),
            (10, "any", "any"),
            (4, "robbery", "no_single"),
        ],
    )
    def test_default_leaves_none_over(self, count: int, answer: str, split: str) -> None:
        assert SplitChoice.of(seats(*[None] * count), answer, "").split == split

    @pytest.mark.parametrize(
        ("places", "suggested"),
        [
            (seats("5", "6"), "true"),
            (seats("A7", "A6", "A5"), "true"),
            (seats("a", "B"), "true"),
            (seats("5", "7", "9"), "false"),
            (seats("aisle", "\u00df"), "false"),
            (seats("5", None), "false"),
            (seats(None, None), "false"),
            # They cannot be neighbours.
            (seats("5", "17"), ""),
            (seats("5", "6", "8"), ""),
            (seats(None, None, row=""), ""),
            ([*seats("5"), *seats("6", row="G")], ""),
            (seats("5"), ""),
        ],
    )
    def test_asks_whether_seats_are_neighbours(self, places: list[Place], suggested: str) -> None:
        choice = SplitChoice.of(places, "", "")
        assert (choice.suggested_side, choice.side_by_side) == (suggested, suggested)
        for answer in ("true", "false"):
            kept = SplitChoice.of(places, "", answer).side_by_side
            assert kept == (answer if suggested else "")

    @pytest.mark.parametrize(
        ("choice", "line"),
        [
            (SplitChoice(), ""),
            (SplitChoice(2, "together", "true"), "Sold both together · Side by side"),
            (SplitChoice(3, "together", ""), "Sold all together"),
            (SplitChoice(3, "no_single", "false"), "Never one left over"),
            (SplitChoice(2, "any", "false"), "Sold in any number"),
        ],
    )
    def test_line(self, choice: SplitChoice, line: str) -> None:
        assert split_line(choice) == line


@pytest.mark.usefixtures("database")
class TestSellForm:
    @pytest.fixture
    async def seller(self, database: None, tab: Tab, sign_in: SignIn) -> UserRead:  # noqa: ARG002  # order only.
        seller = await factories.make_user()
        await factories.make_cities()
        tab.open("/sell", cookie=await sign_in(seller))
        await tab.call(SellState.submit_event, NEW_EVENT)
        return seller

    async def test_default_follows_number_of_tickets(self, tab: Tab, seller: UserRead) -> None:
        shown = tab.state(SellState)
        pair = PAIR | {"sideBySide": "", "split": ""}
        await tab.call(SellState.type_tickets, pair, ["seats"])
        assert (shown.split.split, shown.split.side_by_side) == ("together", "true")
        # The page sends its answers, but the seller touched none.
        sent = pair | {"split": "together", "sideBySide": "true", "quantity": "3", "seats": ""}
        await tab.call(SellState.type_tickets, sent, ["quantity", "seats"])
        assert (shown.split.split, shown.split.side_by_side) == ("no_single", "false")
        assert not {"split", "sideBySide"} & set(await fields_of(seller))

    @pytest.mark.usefixtures("seller")
    async def test_number_follows_seats_until_it_is_chosen(self, tab: Tab) -> None:
        shown = tab.state(SellState)
        # The page counted the seats of before.
        sent = PAIR | {"seats": "5-8", "quantity": "2"}
        await tab.call(SellState.type_tickets, sent, ["seats"])
        assert (shown.shown_errors, shown.named_seats) == ({}, 4)
        await tab.call(SellState.type_tickets, sent, ["seats", "quantity"])
        assert "You sell 2 tickets, but named 4 seats" in shown.shown_errors["seats"]

    async def test_keeps_answers(self, tab: Tab, seller: UserRead) -> None:
        shown = tab.state(SellState)
        sent = PAIR | {"seats": "5-8", "split": "any", "sideBySide": "false"}
        await tab.call(SellState.type_tickets, sent, ["split", "sideBySide"])
        await tab.call(SellState.type_tickets, sent | {"seats": "5-7"}, ["seats"])
        assert (shown.split.split, shown.split.side_by_side) == ("any", "false")
        assert (await fields_of(seller))["split"] == "any"

    @pytest.mark.parametrize(
        ("answers", "split", "is_side_by_side"),
        [
            ({}, "together", True),
            ({"split": "any", "sideBySide": "false"}, "any", False),
            # An answer to a question that was not asked.
            ({"split": "together", "sideBySide": "true", "seats": "5, 17"}, "together", False),
            ({"split": "robbery", "sideBySide": "robbery"}, "together", True),
        ],
    )
    @pytest.mark.usefixtures("seller")
    async def test_lists_by_the_answers(
        self,
        tab: Tab,
        answers: dict[str, str],
        split: str,
        is_side_by_side: bool,  # noqa: FBT001  # a column of the table above.
    ) -> None:
        await fill_in(tab)
        await tab.call(SellState.submit_tickets, PAIR | {"sideBySide": ""} | answers)
        await tab.call(SellState.load_look)
        shown = tab.state(SellState)
        assert ("Sold both together" in shown.offer_line) == (split == "together")
        assert shown.offer_line.endswith("$136 in total")
        await tab.call(SellState.list_for_sale, {"version": f"{shown.version}"})
        (created,) = await factories.recorded_events("EventCreated")
        async with db.transaction() as session:
            (offer,) = await offers.list_event_offers(session, event_id=created["event_id"])
        assert (offer.split, offer.is_side_by_side) == (split, is_side_by_side)


@pytest.mark.usefixtures("database")
class TestEditForm:
    async def edit(self, tab: Tab, cookie: str, listing: ListingRead) -> TicketFormState:
        first = listing.seats[0].ticket_id
        tab.open(f"/tickets/{first}/edit", cookie=cookie, ticket_id=str(first))
        await tab.call(TicketFormState.load_edit)
        return tab.state(TicketFormState)

    async def test_changes_the_rule(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        made = await factories.make_listing("5", "6", "7", seller=seller, split="together")
        shown = await self.edit(tab, await sign_in(seller), made)
        assert (shown.split.split, shown.split.side_by_side) == ("together", "false")
        form = {"price": "41", "split": "no_single", "sideBySide": "true"}
        await tab.call(TicketFormState.update_listing, form | {"version": f"{shown.version}"})
        changed = await read_listing(made)
        assert (changed.split, changed.is_side_by_side) == ("no_single", True)

    async def test_keeps_the_rule_without_the_question(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        made = await factories.make_listing("5", seller=seller, split="together", sideBySide=True)
        shown = await self.edit(tab, await sign_in(seller), made)
        assert shown.split == SplitChoice()
        await tab.call(TicketFormState.update_listing, {"price": "41"})
        changed = await read_listing(made)
        assert (changed.price_cents, changed.split, changed.is_side_by_side) == (
            4100,
            "together",
            True,
        )

    @pytest.mark.parametrize("answer", [7, ["x"], "robbery", "\x00"])
    async def test_rejects_unknown_rule(self, tab: Tab, sign_in: SignIn, answer: object) -> None:
        seller = await factories.make_user()
        made = await factories.make_listing("5", "6", seller=seller)
        shown = await self.edit(tab, await sign_in(seller), made)
        form = {"price": "41", "split": answer, "sideBySide": answer}
        await tab.call(TicketFormState.update_listing, form)
        assert shown.errors or shown.error_message
        assert (await read_listing(made)).price_cents == 4000
