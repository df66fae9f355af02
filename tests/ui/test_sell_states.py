"""The sell form in steps: values, sentences and handlers, also with hostile arguments."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.ui.conftest import Tab
from tests.ui.sell_form import HOSTILE, NEW_EVENT, PAIR, fields_of, fill_in, read_draft
from tests.ui.test_page_loads import counting
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.tickets.service import offers
from ticketing_app.ui.sell.form import SellForm
from ticketing_app.ui.sell.state import SellState

SignIn = Callable[[UserRead], Awaitable[str]]


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
        assert shown.stub.seat == "Section Stalls · Row F · Seats 5, 6"
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
        form = {"eventId": str(event.id), "quantity": "3", "delivery": "self"}
        await tab.call(SellState.submit_tickets, form)
        await tab.call(SellState.submit_price, {"price": "40", "faceValue": "35"})
        await tab.call(SellState.load_look)
        answer = await tab.call(SellState.list_for_sale, {"version": f"{shown.version}"})
        assert f"/events/{event.slug}" in answer
        async with db.transaction() as session:
            (offer,) = await offers.list_event_offers(session, event_id=event.id)
        assert (len(offer.seats), offer.face_value_cents) == (3, 3500)
        assert [seat.seat for seat in offer.seats] == [None, None, None]

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
        await tab.call(
            SellState.submit_tickets,
            {"eventId": str(event.id), "quantity": "2", "delivery": "self"},
        )
        await tab.call(SellState.load_price)
        assert tab.state(SellState).scale_line.startswith("Lowest now $62 · usual ")

    async def test_loads_each_step_in_one_transaction(self, tab: Tab, seller: UserRead) -> None:
        del seller
        await fill_in(tab)
        for load in (
            SellState.load_event,
            SellState.load_tickets,
            SellState.load_price,
            SellState.load_look,
        ):
            with counting() as transactions:
                assert await tab.call(load) == ""
            assert transactions == ["BEGIN"]

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
