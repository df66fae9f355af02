"""The sell form in steps: values, sentences and handlers, also with hostile arguments."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.test_page_loads import counting
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.schemas.listings import DraftRead, DraftUpdate
from ticketing_app.tickets.schemas.prices import EventPrices, PriceHint
from ticketing_app.tickets.service import drafts, offers
from ticketing_app.ui.listings.state import TicketFormState
from ticketing_app.ui.sell import views
from ticketing_app.ui.sell.form import SellForm, quantity
from ticketing_app.ui.sell.state import SellState
from ticketing_app.ui.sell.views import EventFacts

SignIn = Callable[[UserRead], Awaitable[str]]

CITY_ID = 2867714
NEW_EVENT = {
    "name": "Night of Kites",
    "category": "theatre",
    "date": "2097-05-01",
    "time": "20:00",
    "venue": "Tram Depot",
    "cityId": str(CITY_ID),
    "city": "München",
}
PAIR = {"quantity": "1", "section": "Stalls", "row": "F", "seats": "5-6", "sideBySide": "true"}
HOSTILE = [
    None,
    7,
    [],
    "x",
    {"name": 7},
    {"name": ["x"]},
    {"name": "\x00"},
    {"name": "\ud800"},
    {"name": "x" * 100_000},
    {"description": "x" * 2001},
    {"quantity": None},
    {"price": 40},
]


async def read_draft(user: UserRead) -> DraftRead | None:
    async with db.transaction() as session:
        return await drafts.get_draft(session, user_id=user.id)


async def fields_of(user: UserRead) -> dict[str, str]:
    draft = await read_draft(user)
    return draft.fields if draft else {}


class TestSentences:
    @pytest.mark.parametrize(
        ("form", "line"),
        [
            (SellForm(), "1 ticket without seat numbers"),
            (SellForm(quantity="3"), "3 tickets without seat numbers"),
            (SellForm(seats="7"), "1 ticket: seat 7"),
            (SellForm(seats="5-6"), "2 tickets: seats 5 and 6"),
            (SellForm(seats="1, 2, 3"), "3 tickets: seats 1, 2 and 3"),
            (SellForm(seats="3 tickets"), "3 tickets without seat numbers"),
            (SellForm(seats="3", quantity="3"), "3 tickets without seat numbers"),
            # More seats than tickets, and what is no seat: refused with Next.
            (SellForm(seats="5-6", quantity="3"), "2 tickets: seats 5 and 6"),
            (SellForm(seats="?", quantity="3"), "3 tickets without seat numbers"),
        ],
    )
    def test_seats(self, form: SellForm, line: str) -> None:
        assert views.seats_line(form) == line

    @pytest.mark.parametrize("text", ["", "0", "-1", "99", "x", "1e3", "٣", "9" * 50])
    def test_quantity_stays_in_its_limits(self, text: str) -> None:
        assert 1 <= quantity(SellForm(quantity=text)) <= 10

    def test_total(self) -> None:
        both = SellForm(quantity="2", price="68")
        assert views.total_line(both, "usd").startswith(
            "The buyer pays $68 per ticket, $136 for both. We take no fee."
        )
        assert views.total_line(SellForm(price="68"), "usd") == (
            "The buyer pays $68. We take no fee. Payouts to sellers have not started yet."
        )
        for price in ("", "0.2", "much"):
            assert views.total_line(SellForm(price=price), "usd") == ""

    def test_scale(self) -> None:
        hint = PriceHint(low_cents=6800, high_cents=7500, typical_cents=7000, currency="usd")
        same = hint.model_copy(update={"high_cents": 6800})
        for lowest, usual, line in (
            (6200, hint, "Lowest now $62 · usual $68 to $75"),
            (6200, None, "Lowest now $62"),
            (None, same, "Usual $68"),
            (None, None, ""),
        ):
            assert views.scale_line(EventPrices(lowest_cents=lowest, usual=usual), "usd") == line

    def test_found(self) -> None:
        assert views.found_line(0, " ") == ""
        assert views.found_line(0, "x").startswith("No event with these words")
        assert (views.found_line(1, "x"), views.found_line(2, "x")) == ("1 event", "2 events")

    def test_terms_promise_no_payout(self) -> None:
        lines = views.terms(SellForm(price="68", quantity="2"), "usd", hold_minutes=15)
        assert "15 minutes" in " ".join(lines)
        assert "Each ticket is sold on its own: $136 when both are sold." in lines
        assert lines[-1] == "Payouts to sellers have not started yet."

    def test_stub_per_ticket(self) -> None:
        start = datetime(2097, 5, 1, 20)  # noqa: DTZ001  # local time of the event
        facts = EventFacts("Kites", None, start, start.replace(tzinfo=UTC), "Depot", "Porto")
        form = SellForm(seats="5-6", row="F", price="68")
        shown = [
            (stub.seat, stub.price, stub.place) for stub in views.offered_stubs(facts, form, "usd")
        ]
        assert shown == [
            ("Row F · Seat 5", "$68", "Depot, Porto"),
            ("Row F · Seat 6", "$68", "Depot, Porto"),
        ]
        plain = views.offered_stubs(facts, SellForm(quantity="3", price="68"), "usd")
        assert [stub.seat for stub in plain] == ["", "", ""]


@pytest.mark.usefixtures("database")
class TestSellState:
    @pytest.fixture
    async def seller(self, database: None, tab: Tab, sign_in: SignIn) -> UserRead:  # noqa: ARG002  # order only.
        seller = await factories.make_user()
        await factories.make_cities()
        tab.open("/sell", cookie=await sign_in(seller))
        return seller

    async def go(self, tab: Tab, path: str, seller: UserRead, sign_in: SignIn) -> None:
        tab.open(path, cookie=await sign_in(seller))

    async def fill_in(self, tab: Tab) -> None:
        await tab.call(SellState.submit_event, NEW_EVENT)
        await tab.call(SellState.submit_tickets, PAIR)
        await tab.call(SellState.submit_price, {"price": "68"})

    async def test_lists_pair_for_new_event(self, tab: Tab, seller: UserRead) -> None:
        await tab.call(SellState.load_event)
        assert "/sell/tickets" in await tab.call(SellState.submit_event, NEW_EVENT)
        assert await tab.call(SellState.load_tickets) == ""
        shown = tab.state(SellState)
        assert (shown.event.title, shown.event.place) == ("Night of Kites", "Tram Depot, Munich")
        assert "/sell/price" in await tab.call(SellState.submit_tickets, PAIR)
        assert await tab.call(SellState.load_price) == ""
        assert "/sell/look" in await tab.call(SellState.submit_price, {"price": "68"})
        assert await tab.call(SellState.load_look) == ""
        assert [stub.seat for stub in shown.stubs] == [
            "Section Stalls · Row F · Seat 5",
            "Section Stalls · Row F · Seat 6",
        ]
        form = {"version": f"{shown.version}"}
        answer = await tab.call(SellState.list_for_sale, form)
        assert "/events/night-of-kites" in answer
        assert "listed=2" in answer
        # A second press only redirects again.
        assert await tab.call(SellState.list_for_sale, form) == answer
        (created,) = await factories.recorded_events("EventCreated")
        event_id = created["event_id"]
        async with db.transaction() as session:
            (offer,) = await offers.list_event_offers(session, event_id=event_id)
        assert [seat.seat for seat in offer.seats] == ["5", "6"]
        assert (offer.price_cents, offer.is_side_by_side) == (6800, True)
        assert created["timezone"] == "Europe/Berlin"
        assert await read_draft(seller) is None

    async def test_lists_for_existing_event(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        event = await factories.make_event()
        await self.go(tab, f"/sell/tickets?event={event.id}", seller, sign_in)
        await tab.call(SellState.load_tickets)
        shown = tab.state(SellState)
        assert (shown.event.title, shown.form.eventId) == (event.title, str(event.id))
        # Opening the page saves nothing.
        assert await read_draft(seller) is None
        form = {"eventId": str(event.id), "quantity": "3"}
        await tab.call(SellState.submit_tickets, form)
        await tab.call(SellState.submit_price, {"price": "40", "faceValue": "35"})
        await tab.call(SellState.load_look)
        answer = await tab.call(SellState.list_for_sale, {"version": f"{shown.version}"})
        assert f"/events/{event.slug}" in answer
        async with db.transaction() as session:
            (offer,) = await offers.list_event_offers(session, event_id=event.id)
        assert (len(offer.seats), offer.face_value_cents) == (3, 3500)
        assert [seat.seat for seat in offer.seats] == [None, None, None]

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

    async def test_finds_events_venues_and_cities(self, tab: Tab, seller: UserRead) -> None:
        event = await factories.make_event("Velvet Meridian")
        await factories.make_event("Velvet Meridian", starts_at=utc_now() - timedelta(days=1))
        await tab.call(SellState.load_event)
        form = {"name": "velvet", "venue": event.venue.name, "city": "München"}
        await tab.call(SellState.type_event, form, ["name", "venue", "city"])
        shown = tab.state(SellState)
        assert [found.id for found in shown.events] == [str(event.id)]
        assert shown.events[0].href == f"/sell/tickets?event={event.id}"
        assert shown.found_line == "1 event"
        assert str(event.venue.id) in {option.id for option in shown.venues}
        assert [option.label for option in shown.cities] == ["Munich, DE"]
        assert shown.needs_city
        await tab.call(SellState.type_event, form | {"venueId": str(event.venue.id)}, ["venueId"])
        assert not shown.needs_city
        assert (await fields_of(seller))["venueId"] == str(event.venue.id)
        # What was found stays until its words change.
        assert shown.events

    async def test_reads_fields_that_are_not_on_the_page(self, tab: Tab, seller: UserRead) -> None:
        del seller
        # As Reflex sends them.
        form = dict.fromkeys(NEW_EVENT) | {"name": "Kites"}
        await tab.call(SellState.submit_event, form)
        shown = tab.state(SellState)
        assert set(shown.errors) == {"date", "venue"}
        assert shown.error_message == ""

    async def test_takes_existing_venue(self, tab: Tab, seller: UserRead) -> None:
        del seller
        event = await factories.make_event()
        form = NEW_EVENT | {"venueId": str(event.venue.id), "cityId": ""}
        assert "/sell/tickets" in await tab.call(SellState.submit_event, form)
        await tab.call(SellState.load_tickets)
        assert tab.state(SellState).event.place == f"{event.venue.name}, {event.venue.city}"

    @pytest.mark.parametrize(
        ("changes", "field", "problem"),
        [
            ({"name": " "}, "name", "name of the event"),
            ({"name": "x" * 121}, "name", "too long"),
            ({"date": ""}, "date", "Choose the day"),
            ({"date": "2097-02-30"}, "date", "Choose the day"),
            ({"date": "2020-05-01"}, "date", "must lie ahead"),
            ({"date": "2150-05-01"}, "date", "between 2000 and 2100"),
            ({"time": ""}, "time", "Choose the time"),
            ({"time": "25:00"}, "time", "Choose the time"),
            ({"venue": ""}, "venue", "name of the venue"),
            ({"venueId": str(db.new_id())}, "venue", "could not find this venue"),
            ({"venueId": "x"}, "venue", "UUID"),
            ({"cityId": ""}, "city", "choose it from the list"),
            ({"cityId": "7"}, "city", "do not know this city"),
            ({"cityId": "x"}, "city", "whole number|valid integer"),
            ({"category": "robbery"}, "category", "must be one of"),
        ],
    )
    async def test_explains_wrong_event(
        self, tab: Tab, seller: UserRead, changes: dict[str, str], field: str, problem: str
    ) -> None:
        answer = await tab.call(SellState.submit_event, NEW_EVENT | changes)
        shown = tab.state(SellState)
        assert answer == ""
        assert set(shown.errors) == {field}
        assert re.search(problem, shown.errors[field])
        # Nothing that was typed is lost.
        assert (await fields_of(seller))["time"] == (NEW_EVENT | changes)["time"]

    async def test_explains_wrong_tickets_and_price(self, tab: Tab, seller: UserRead) -> None:
        await tab.call(SellState.submit_event, NEW_EVENT)
        shown = tab.state(SellState)
        await tab.call(SellState.submit_tickets, PAIR | {"seats": "5, 5", "section": "x" * 121})
        assert shown.errors["seats"] == "Seat 5 is there twice. Write each seat once."
        assert "too long" in shown.errors["section"]
        await tab.call(SellState.submit_tickets, PAIR | {"quantity": "3"})
        assert shown.errors["seats"].startswith("You sell 3 tickets, but named 2 seats")
        await tab.call(SellState.submit_tickets, PAIR | {"section": "x" * 121})
        assert "too long" in shown.errors["section"]
        await tab.call(SellState.type_tickets, PAIR | {"section": "Stalls"}, ["section"])
        assert shown.shown_errors == {}
        assert shown.seats_line == "2 tickets: seats 5 and 6"
        assert shown.named_seats == 2
        await tab.call(SellState.type_tickets, PAIR | {"seats": "7, 7"}, ["section", "seats"])
        assert shown.shown_errors == {"seats": "Seat 7 is there twice. Write each seat once."}
        await tab.call(SellState.submit_tickets, PAIR)
        await tab.call(SellState.submit_price, {"price": "0.2", "faceValue": "much"})
        assert set(shown.errors) == {"price", "faceValue"}
        await tab.call(SellState.type_price, {"price": "68", "faceValue": "much"}, ["price"])
        assert set(shown.shown_errors) == {"faceValue"}
        assert "$136" in shown.total_line
        await tab.call(SellState.submit_price, {"price": "999999"})
        assert "at most 999,999.99" in shown.errors["price"]
        assert await fields_of(seller)

    async def test_leads_back_to_first_gap(self, tab: Tab, seller: UserRead) -> None:
        for load in (SellState.load_tickets, SellState.load_price, SellState.load_look):
            assert "/sell" in await tab.call(load)
        await tab.call(SellState.submit_event, NEW_EVENT)
        await tab.call(SellState.submit_tickets, {"seats": "5, 5"})
        for load in (SellState.load_price, SellState.load_look):
            assert "/sell/tickets" in await tab.call(load)
        await tab.call(SellState.submit_tickets, PAIR)
        assert "/sell/price" in await tab.call(SellState.load_look)
        assert await fields_of(seller)

    async def test_rejects_event_of_the_address(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        past = await factories.make_event(starts_at=utc_now() - timedelta(hours=1))
        cancelled = await factories.make_event(status="cancelled")
        for event, problem in (
            (past.id, "has begun"),
            (cancelled.id, "was cancelled"),
            (db.new_id(), "could not find this event"),
            ("nonsense", "could not find this event"),
        ):
            await self.go(tab, f"/sell/tickets?event={event}", seller, sign_in)
            await tab.call(SellState.load_tickets)
            assert problem in tab.state(SellState).error_message

    async def test_shows_prices_of_the_event(
        self, tab: Tab, seller: UserRead, sign_in: SignIn
    ) -> None:
        event = await factories.make_event()
        for seat, price in (("1", 62), ("2", 68), ("3", 75)):
            await factories.make_listing(seat, event=event, price=price)
        await self.go(tab, f"/sell/tickets?event={event.id}", seller, sign_in)
        await tab.call(SellState.load_tickets)
        await tab.call(SellState.submit_tickets, {"eventId": str(event.id), "quantity": "2"})
        await tab.call(SellState.load_price)
        assert tab.state(SellState).scale_line.startswith("Lowest now $62 · usual ")

    async def test_lists_only_what_was_seen(self, tab: Tab, seller: UserRead) -> None:
        await self.fill_in(tab)
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
        await self.go(tab, "/sell/look", seller, sign_in)
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

    async def test_loads_each_step_in_one_transaction(self, tab: Tab, seller: UserRead) -> None:
        del seller
        await self.fill_in(tab)
        for load in (
            SellState.load_event,
            SellState.load_tickets,
            SellState.load_price,
            SellState.load_look,
        ):
            with counting() as transactions:
                assert await tab.call(load) == ""
            assert transactions == ["BEGIN"]

    async def test_starts_over(self, tab: Tab, seller: UserRead) -> None:
        await self.fill_in(tab)
        assert "/tickets/new" in await tab.call(SellState.start_over)
        assert await read_draft(seller) is None
        assert tab.state(SellState).form == SellForm()

    @pytest.mark.parametrize("value", HOSTILE)
    async def test_survives_hostile_arguments(
        self,
        tab: Tab,
        seller: UserRead,
        value: Any,  # noqa: ANN401  # anything
    ) -> None:
        for handler in (
            SellState.type_name,
            SellState.type_event,
            SellState.type_tickets,
            SellState.type_price,
        ):
            await tab.call(handler, value, value)
            await tab.call(handler, {}, value)
            await tab.call(handler, value, ["name", "venue", "city", None, {}])
        for handler in (SellState.submit_event, SellState.submit_tickets, SellState.submit_price):
            await tab.call(handler, value)
        await tab.call(SellState.list_for_sale, value)
        for load in (
            SellState.load_event,
            SellState.load_tickets,
            SellState.load_price,
            SellState.load_look,
        ):
            await tab.call(load)
        assert await factories.recorded_events("TicketCreated", "EventCreated") == []
        assert set(await fields_of(seller)) <= set(SellForm.__dataclass_fields__)

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/sell/price")
        for handler, *arguments in (
            (SellState.load_event,),
            (SellState.load_tickets,),
            (SellState.load_price,),
            (SellState.load_look,),
            (SellState.type_name, {"name": "x"}, ["name"]),
            (SellState.type_event, {"name": "x"}, ["name"]),
            (SellState.type_tickets, {}, []),
            (SellState.type_price, {}, []),
            (SellState.submit_event, NEW_EVENT),
            (SellState.submit_tickets, PAIR),
            (SellState.submit_price, {"price": "1"}),
            (SellState.list_for_sale, {"version": "1"}),
            (SellState.start_over,),
        ):
            assert "/auth/signin?next=" in await tab.call(handler, *arguments)

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
        await self.go(tab, f"/sell/tickets?event={event.id}", seller, sign_in)
        await tab.call(SellState.submit_tickets, {"eventId": str(event.id)})
        # A new event replaces the chosen one; the tickets stay.
        await tab.call(SellState.submit_event, NEW_EVENT)
        fields = await fields_of(seller)
        assert (fields["eventId"], fields["name"]) == ("", "Night of Kites")
