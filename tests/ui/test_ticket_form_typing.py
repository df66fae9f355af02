"""The short form while it is typed, and its several seats."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState

SignIn = Callable[[UserRead], Awaitable[str]]


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
