"""My Listings and its form: values, sentences and handlers, also with hostile arguments."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import factories
from tests.integration.payments import sales
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.listings import OfferSeat, OwnListingRead
from ticketing_app.tickets.schemas.prices import PriceHint
from ticketing_app.tickets.schemas.tickets import TicketCreate
from ticketing_app.ui import formatting
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.listings.views import (
    GIVEN_BACK,
    TWICE,
    ListingCard,
    amount_line,
    listed_line,
    preview,
    price_hint_line,
    price_rule_line,
    split_seats,
)

SignIn = Callable[[UserRead], Awaitable[str]]
NOW = datetime(2027, 11, 3, 20, tzinfo=UTC)


def seat(**changes: Any) -> OfferSeat:  # noqa: ANN401  # any field
    facts: dict[str, Any] = dict.fromkeys(OfferSeat.model_fields)
    facts |= {
        "ticket_id": db.new_id(),
        "status": Availability.AVAILABLE,
        "version": 1,
        "price_cents": 4000,
        "is_listed_twice": False,
        "position": 1,
    }
    return OfferSeat(**facts | changes)


def listing(*seats: OfferSeat, **changes: Any) -> OwnListingRead:  # noqa: ANN401  # any field
    offered = list(seats or (seat(),))
    facts: dict[str, Any] = dict.fromkeys(OwnListingRead.model_fields)
    facts |= {
        "id": db.new_id(),
        "seller_id": db.new_id(),
        "title": "Kites",
        "price_cents": 4000,
        "currency": "usd",
        "split": Split.ANY,
        "is_side_by_side": False,
        "seats": offered,
        "available": sum(each.status is Availability.AVAILABLE for each in offered),
        "quantities": [],
        "quantity": len(offered),
        "is_listed_twice": False,
        "version": 1,
        "created_at": NOW,
    }
    return OwnListingRead(**facts | changes)


class TestListingCard:
    @pytest.mark.parametrize(
        ("status", "changes", "label", "note", "can_change"),
        [
            (Availability.AVAILABLE, {}, "For sale", "Listed Nov 3, 2027", True),
            (Availability.LOCKED, {}, "Being bought", "Listed Nov 3, 2027", False),
            (Availability.WITHDRAWN, {}, "Withdrawn", "Listed Nov 3, 2027", False),
            (Availability.SOLD, {"sold_at": NOW}, "Sold", "Sold Nov 3, 2027 for $40", False),
            (Availability.SOLD, {}, "Sold", "Sold for $40", False),
        ],
    )
    def test_describes_status(
        self,
        status: Availability,
        changes: dict[str, Any],
        label: str,
        note: str,
        can_change: bool,  # noqa: FBT001  # a column of the table above.
    ) -> None:
        card = ListingCard.from_listing(listing(seat(status=status, **changes)), NOW)
        (row,) = card.seats
        assert (row.state_label, row.note) == (label, note)
        assert (card.can_change, row.can_withdraw) == (can_change, can_change)
        assert (card.edit_href != "", row.resale_href) == (can_change, "")

    def test_describes_event_that_began(self) -> None:
        begun = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "timezone": "UTC"}
        card = ListingCard.from_listing(listing(**begun), NOW)
        (row,) = card.seats
        assert (row.state_label, row.status) == ("Off sale", "over")
        assert row.note == "Listed Nov 3, 2027. Nobody bought it before the event began."

    def test_describes_refunded_sale(self) -> None:
        sold = seat(status=Availability.SOLD, sold_at=NOW)
        (row,) = ListingCard.from_listing(listing(sold), NOW, {sold.ticket_id}).seats
        assert (row.note, row.resale_href) == (
            GIVEN_BACK,
            f"/tickets/new?previous={sold.ticket_id}",
        )

    def test_shows_place_and_seat(self) -> None:
        card = ListingCard.from_listing(listing(seat(seat="7", row="B"), city="Porto"), NOW)
        assert (card.place, card.seats[0].label) == ("Porto", "Row B · Seat 7")
        assert ListingCard.from_listing(listing(), NOW).seats[0].label == "No seat number"

    def test_counts_several_seats(self) -> None:
        assert ListingCard.from_listing(listing(), NOW).count_line == ""
        sold = seat(status=Availability.SOLD, price_cents=3000)
        card = ListingCard.from_listing(listing(seat(), seat(), sold), NOW)
        assert card.count_line == "2 of 3 for sale"
        # A sold ticket keeps its price.
        assert card.seats[2].note == "Sold for $30"

    def test_cannot_change_while_one_seat_is_held(self) -> None:
        held = seat(status=Availability.LOCKED)
        card = ListingCard.from_listing(listing(seat(), held), NOW)
        assert (card.can_change, card.edit_href) == (False, "")
        assert [row.can_withdraw for row in card.seats] == [True, False]

    def test_tells_that_a_seat_is_listed_twice(self) -> None:
        assert ListingCard.from_listing(listing(is_listed_twice=True), NOW).twice_line == TWICE
        assert ListingCard.from_listing(listing(), NOW).twice_line == ""


class TestSplitSeats:
    @pytest.mark.parametrize(
        ("seat", "seats"),
        [
            ("11", ["11"]),
            (" 11 , 12,13 ", ["11", "12", "13"]),
            ("11,", ["11"]),
            (",".join(map(str, range(10))), [str(number) for number in range(10)]),
        ],
    )
    def test_makes_listing_per_seat(self, seat: str, seats: list[str]) -> None:
        made = split_seats({"title": "x", "seat": seat})
        assert [values["seat"] for values in made] == seats
        assert {values["title"] for values in made} == {"x"}

    def test_makes_one_listing_without_seat(self) -> None:
        assert split_seats({"title": "x"}) == [{"title": "x"}]

    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            ({"seat": "11, 12, 11"}, "Seat 11 is named twice."),
            ({"seat": ",".join(map(str, range(11)))}, "at most 10 seats"),
            ({"seat": "11, 12", "previousTicketId": "x"}, "has one seat"),
        ],
    )
    def test_rejects_invalid_seats(self, values: dict[str, Any], problem: str) -> None:
        with pytest.raises(InvalidInputError, match=problem) as refused:
            split_seats(values)
        assert refused.value.field == "seat"


class TestFormSentences:
    def test_price_hint(self) -> None:
        hint = PriceHint(low_cents=3500, high_cents=6000, typical_cents=4200, currency="usd")
        assert price_hint_line(hint) == "Similar tickets: $35 to $60, typically $42"
        same = PriceHint(low_cents=40, high_cents=40, typical_cents=40, currency="eur")
        assert price_hint_line(same) == "Similar tickets: €0.40"
        assert price_hint_line(None) == ""

    def test_price_rule_is_localised(self) -> None:
        assert price_rule_line("usd") == "What the buyer pays, from $0.50"
        with formatting.use_locale("de-DE"):
            assert price_rule_line("usd") == "What the buyer pays, from 0,50\N{NO-BREAK SPACE}US$"

    def test_amount_line_promises_no_payout(self) -> None:
        line = amount_line(4050, "usd")
        assert line.startswith("The buyer pays $40.50, and we take no fee.")
        assert "Payouts to sellers have not started yet." in line
        assert amount_line(None, "usd") == ""

    @pytest.mark.parametrize("count", ["", "1", "0", "11", "-3", "x", "3.5", "٣", "9" * 99])
    def test_listed_line_ignores_invalid_count(self, count: str) -> None:
        assert listed_line(count) == ""

    def test_listed_line(self) -> None:
        assert listed_line("3") == "3 tickets are for sale now, each on its own."

    def test_preview_equals_stub_of_list(self) -> None:
        facts = TicketCreate.model_validate({"title": "Kites", "price": 40, "city": "Porto"})
        stub = preview(facts, "usd", has_price=True)
        assert (stub.title, stub.price, stub.place, stub.month) == ("Kites", "$40", "Porto", "Date")
        assert preview(facts, "usd", has_price=False).price == ""


class TestValidateDraft:
    @pytest.fixture
    async def shown(self, database: None, tab: Tab, sign_in: SignIn) -> TicketFormState:  # noqa: ARG002  # order only.
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        await tab.call(TicketFormState.load_new)
        return tab.state(TicketFormState)

    async def test_validates_edited_fields_like_the_api(
        self, tab: Tab, shown: TicketFormState
    ) -> None:
        await tab.call(
            TicketFormState.validate_draft, {"title": "", "price": "0.2", "city": ""}, ["price"]
        )
        assert shown.shown_errors == {"price": "Price must be between 0.50 and 999,999.99."}
        form = {"title": "", "price": "40,50", "faceValue": "much"}
        await tab.call(TicketFormState.validate_draft, form, ["title", "price", "faceValue"])
        assert shown.shown_errors == {
            "title": "Title is required.",
            "faceValue": "Face value must be a number with at most 2 decimal places.",
        }
        assert shown.price_rule.endswith("from $0.50")
        assert shown.amount_line.startswith("The buyer pays $40.50")

    async def test_clears_error_of_corrected_field(self, tab: Tab, shown: TicketFormState) -> None:
        await tab.call(TicketFormState.create, {"title": "", "price": "0.2"})
        assert set(shown.shown_errors) == {"title", "price"}
        await tab.call(
            TicketFormState.validate_draft, {"title": "Kites", "price": "0.2"}, ["title"]
        )
        assert set(shown.shown_errors) == {"price"}
        # Only a submit moves the focus to the first error.
        assert set(shown.errors) == {"title", "price"}
        await tab.call(TicketFormState.create, {"title": "", "price": "40"})
        assert set(shown.shown_errors) == {"title"}

    async def test_previews_valid_fields(self, tab: Tab, shown: TicketFormState) -> None:
        assert (shown.preview.title, shown.preview.price) == ("Title", "")
        form = {"title": "Kites", "price": "40", "startsAt": "2150-05-01T20:00", "timezone": "UTC"}
        await tab.call(TicketFormState.validate_draft, form, ["startsAt"])
        assert (shown.preview.title, shown.preview.price, shown.preview.when) == (
            "Kites",
            "$40",
            "",
        )
        assert "between 2000 and 2100" in shown.shown_errors["startsAt"]
        form |= {"startsAt": "2099-05-01T20:00", "timezone": "nowhere", "city": "Porto"}
        await tab.call(TicketFormState.validate_draft, form, ["timezone"])
        assert "time zone" in shown.shown_errors["timezone"]
        assert shown.preview.place == "Porto"
        await tab.call(TicketFormState.validate_draft, form | {"timezone": "UTC"}, ["timezone"])
        assert shown.preview.when == "Fri, May 1, 2099, 8:00\u202fPM"

    async def test_shows_price_hint(self, tab: Tab, shown: TicketFormState) -> None:
        for price in (35, 42, 60):
            await factories.make_ticket(title="Kites", price=price)
        await tab.call(TicketFormState.validate_draft, {"title": "kites", "price": ""}, ["title"])
        assert shown.price_hint == "Similar tickets: $35 to $60, typically $42"

    async def test_splits_seats_of_new_listings_only(
        self, tab: Tab, sign_in: SignIn, shown: TicketFormState
    ) -> None:
        form = {"title": "Kites", "price": "40", "seat": "11, 11"}
        await tab.call(TicketFormState.validate_draft, form, ["seat"])
        assert shown.shown_errors == {"seat": "Seat 11 is named twice."}
        await tab.call(TicketFormState.validate_draft, form | {"price": "0.2"}, ["price", "seat"])
        assert set(shown.shown_errors) == {"price", "seat"}
        assert (shown.errors, shown.preview.title) == ({}, "Kites")
        seller = await factories.make_user()
        listed = await factories.make_ticket(seller)
        path = f"/tickets/{listed.id}/edit"
        tab.open(path, cookie=await sign_in(seller), ticket_id=str(listed.id))
        await tab.call(TicketFormState.load_edit)
        await tab.call(TicketFormState.validate_draft, form, ["seat"])
        assert shown.shown_errors == {}

    @pytest.mark.usefixtures("shown")
    @pytest.mark.parametrize(
        "value", [None, 7, [], {}, ["x", None, {}], {"title": 7}, {"title": "\x00"}, "\ud800"]
    )
    async def test_survives_hostile_arguments(self, tab: Tab, value: object) -> None:
        await tab.call(TicketFormState.validate_draft, value, value)
        await tab.call(TicketFormState.validate_draft, {"title": "x"}, value)
        await tab.call(TicketFormState.validate_draft, value, ["title"])
        assert set(tab.state(TicketFormState).typed) <= {"title"}


@pytest.mark.usefixtures("database")
class TestSeveralSeats:
    async def test_makes_listing_and_event_per_seat(self, tab: Tab, sign_in: SignIn) -> None:
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        await tab.call(TicketFormState.load_new)
        form = {"title": "Kites", "price": "40", "row": "B", "seat": "11, 12, 13"}
        for _ in range(2):
            answer = await tab.call(TicketFormState.create, form)
            assert "/tickets/mine?listed=3" in answer
        assert len(await factories.recorded_events("TicketCreated")) == 3
        await tab.call(OwnListingsState.load)
        cards = tab.state(OwnListingsState).cards
        labels = [card.seats[0].label for card in cards]
        assert labels == [f"Row B · Seat {number}" for number in (13, 12, 11)]

    async def test_creates_all_or_none(self, tab: Tab, sign_in: SignIn) -> None:
        tab.open("/tickets/new", cookie=await sign_in(await factories.make_user()))
        await tab.call(TicketFormState.load_new)
        form = {"title": "Kites", "price": "40", "seat": f"11, {'x' * 121}"}
        await tab.call(TicketFormState.create, form)
        assert "too long" in tab.state(TicketFormState).errors["seat"]
        assert await factories.recorded_events("TicketCreated") == []

    async def test_confirms_number_of_listings(self, tab: Tab, sign_in: SignIn) -> None:
        tab.open("/tickets/mine?listed=3", cookie=await sign_in(await factories.make_user()))
        await tab.call(OwnListingsState.load)
        assert tab.state(OwnListingsState).note.startswith("3 tickets are for sale")


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
        form = {"listingId": str(made.id), "price": "35,50"}
        await tab.call(OwnListingsState.change_price, form)
        assert (shown.error_message, shown.cards[0].price) == ("", "$35.50")
        for each in made.seats:
            ticket = await factories.read_ticket(each.ticket_id)
            assert (ticket.price_cents, ticket.description) == (3550, "Aisle")
            assert ticket.face_value_cents == 3000

    async def test_explains_wrong_price_beside_it(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("9", seller=seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        for price in ("", "0.2", "much", "9999999", "\ud800"):
            form = {"listingId": str(made.id), "price": price}
            await tab.call(OwnListingsState.change_price, form)
            assert shown.price_problem
            assert shown.price_problem_id == str(made.id)
        await tab.call(OwnListingsState.change_price, {"listingId": str(made.id), "price": "41"})
        assert (shown.price_problem, shown.cards[0].price) == ("", "$41")

    async def test_refuses_changes_while_a_seat_is_held(self, tab: Tab, seller: UserRead) -> None:
        made = await factories.make_listing("9", "10", seller=seller)
        await tab.call(OwnListingsState.load)
        shown = tab.state(OwnListingsState)
        await factories.hold(await factories.read_ticket(made.seats[0].ticket_id))
        for handler, argument in (
            (OwnListingsState.change_price, {"listingId": str(made.id), "price": "1"}),
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
            {"listingId": "x", "price": "1"},
            {"listingId": "\x00", "price": "1"},
            {"listingId": str(db.new_id()), "price": "1"},
            {"listingId": str(db.new_id()), "price": 1},
        ],
    )
    async def test_survives_hostile_prices(self, tab: Tab, form: object) -> None:
        other = await factories.make_listing("9")
        await tab.call(OwnListingsState.change_price, form)
        shown = tab.state(OwnListingsState)
        assert shown.error_message
        await tab.call(OwnListingsState.change_price, {"listingId": str(other.id), "price": "1"})
        assert "Only the seller" in shown.error_message
        await tab.call(OwnListingsState.withdraw_all, str(other.id))
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
        await tab.call(OwnListingsState.withdraw_all, ticket_id)
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
            (OwnListingsState.change_price, ({"listingId": str(db.new_id()), "price": "1"},)),
        ):
            assert "next=%2Ftickets%2Fmine" in await tab.call(handler, *arguments)
