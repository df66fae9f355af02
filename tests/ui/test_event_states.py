"""Handlers of the event pages."""

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
import reflex as rx
from sqlalchemy import text

from tests import factories
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db, shedding
from ticketing_app.events.schemas import EventRead
from ticketing_app.tickets.rules import Availability
from ticketing_app.ui.events import queries
from ticketing_app.ui.events.offers import OfferRow
from ticketing_app.ui.events.queries import EventPage
from ticketing_app.ui.events.state import EventDetailState, PlaceState
from ticketing_app.ui.live import channels
from ticketing_app.ui.tickets.state import TicketDetailState
from ticketing_app.ui.transactions import Session

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


async def opened(tab: Tab, slug: str, cookie: str = "", **query: str) -> EventDetailState:
    path = f"/events/{slug}?" + "&".join(f"{name}={value}" for name, value in query.items())
    tab.open(path, cookie=cookie, slug=slug, **query)
    await tab.call(EventDetailState.load)
    return tab.state(EventDetailState)


async def change(statement: str, event: EventRead, **values: object) -> None:
    async with db.transaction() as session:
        await (await session.connection()).execute(text(statement), {"id": event.id, **values})


class TestEventDetailState:
    async def test_shows_offers(self, tab: Tab) -> None:
        event = await factories.make_event("Velvet Meridian")
        await factories.make_listing("12", "13", event=event, price=68)
        await factories.make_ticket(eventId=str(event.id), price=Decimal("42.5"), section="Balcony")
        shown = await opened(tab, event.slug)
        assert (shown.event.title, shown.event.left_line, shown.event.price) == (
            "Velvet Meridian",
            "3 for sale",
            "$42.50",
        )
        assert [(offer.price, offer.price_note) for offer in shown.offers] == [
            ("$42.50", ""),
            ("$68", "each"),
        ]

    async def test_shows_own_hold(self, tab: Tab, sign_in: SignIn) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", event=event)
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        buyer = await factories.make_user()
        order = await factories.hold(ticket, buyer)
        (offer,) = (await opened(tab, event.slug, await sign_in(buyer))).offers
        assert (offer.status, offer.href) == ("yours", f"/orders/{order.id}")
        (offer,) = (await opened(tab, event.slug)).offers
        assert offer.status == "locked"

    async def test_strangers_share_one_read(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", event=event)
        stranger = await sign_in(await factories.make_user())
        reads, read = list[str](), queries._read_event_page

        async def count(session: Session, *, slug: str) -> EventPage:
            reads.append(slug)
            return await read(session, slug=slug)

        monkeypatch.setattr(queries, "_read_event_page", count)
        for cookie in ("", stranger, ""):
            (offer,) = (await opened(tab, event.slug, cookie)).offers
            assert offer.status == "available"
        assert reads == [event.slug]
        await factories.hold(
            await factories.read_ticket(listing.seats[0].ticket_id), await factories.make_user()
        )
        (offer,) = (await opened(tab, event.slug)).offers
        assert offer.status == "locked"

    async def test_marks_own_listing(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        event = await factories.make_event()
        await factories.make_listing("12", event=event, seller=seller)
        (offer,) = (await opened(tab, event.slug, await sign_in(seller))).offers
        assert offer.own
        assert not offer.can_buy

    @pytest.mark.parametrize(
        ("listed", "note"),
        [
            ("1", "Your ticket is for sale."),
            ("2", "Your 2 tickets are for sale."),
            ("<b>", ""),
        ],
    )
    async def test_confirms_to_the_seller_only(
        self, tab: Tab, sign_in: SignIn, listed: str, note: str
    ) -> None:
        seller = await factories.make_user()
        event = await factories.make_event()
        await factories.make_listing("12", event=event, seller=seller)
        assert (await opened(tab, event.slug, await sign_in(seller), listed=listed)).note == note
        assert (await opened(tab, event.slug, listed=listed)).note == ""

    async def test_chooses_a_section(self, tab: Tab) -> None:
        event = await factories.make_event()
        for section in ("Stalls", "Balcony"):
            await factories.make_ticket(eventId=str(event.id), section=section)
        shown = await opened(tab, event.slug, section="Stalls")
        assert [offer.place for offer in shown.offers] == ["Stalls"]
        assert [choice.label for choice in shown.choices.sections] == ["All", "Balcony", "Stalls"]

    async def test_groups_by_a_number(self, tab: Tab) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", "13", event=event, price=68, sideBySide=True)
        await factories.make_ticket(eventId=str(event.id), price=Decimal("42.5"))
        shown = await opened(tab, event.slug, quantity="2")
        assert [(offer.price, offer.notes) for offer in shown.offers] == [("$136", "2 together")]
        assert shown.quantity == 2
        shown = await opened(tab, event.slug, quantity="3")
        assert shown.offers == []
        assert shown.choices.nothing == "No 3 together right now."

    async def test_remembers_the_number_for_the_next_event(self, tab: Tab) -> None:
        event, other = await factories.make_event(), await factories.make_event()
        await opened(tab, event.slug, quantity="2")
        tab.open(f"/events/{other.slug}", slug=other.slug)
        script = await tab.call(EventDetailState.load)
        assert f"/events/{other.slug}?quantity=2" in script
        assert tab.state(EventDetailState).quantity == 2
        shown = await opened(tab, event.slug, quantity="any")
        assert shown.quantity == 0

    async def test_regroups_after_another_purchase(self, tab: Tab) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", "14", "15", event=event, sideBySide=True)
        shown = await opened(tab, event.slug, quantity="2")
        ids = [seat.ticket_id for seat in listing.seats]
        await factories.hold(await factories.read_ticket(ids[0]))
        await tab.call(EventDetailState.refresh)
        (offer,) = shown.offers
        assert offer.href == f"/tickets/{ids[1]}"
        await factories.hold(await factories.read_ticket(ids[2]))
        await tab.call(EventDetailState.refresh)
        assert [offer.status for offer in shown.offers] == ["locked"]
        assert [choice.label for choice in shown.choices.instead] == ["1 ticket from $40"]

    async def test_reports_an_unknown_event(self, tab: Tab) -> None:
        event = await factories.make_event()
        await opened(tab, event.slug)
        shown = await opened(tab, "no-such-event")
        assert "could not find this event" in shown.error_message
        assert not shown.is_loaded

    async def test_redirects_to_the_event_it_was_merged_into(self, tab: Tab) -> None:
        event = await factories.make_event()
        double = await factories.make_event()
        await change(
            "UPDATE events SET merged_into_id = :into WHERE id = :id", double, into=event.id
        )
        tab.open(f"/events/{double.slug}", slug=double.slug)
        assert f"/events/{event.slug}" in await tab.call(EventDetailState.load)

    async def test_subscribes_before_offers_are_read(
        self, tab: Tab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        followed: list[str] = []

        async def subscribe(_: rx.State, *rooms: str) -> None:
            followed.extend(rooms)
            await factories.make_ticket(eventId=str(event.id))

        monkeypatch.setattr(channels, "subscribe", subscribe)
        shown = await opened(tab, event.slug)
        assert followed == [channels.event_channel(event.id)]
        assert len(shown.offers) == 1

    async def test_shows_other_dates(self, tab: Tab) -> None:
        event = await factories.make_event("Velvet Meridian")
        other = await factories.make_event("velvet meridian")
        shown = await opened(tab, event.slug)
        assert [card.href for card in shown.other_dates] == [f"/events/{other.slug}"]


class TestPlaceState:
    async def test_shows_events_of_a_venue(self, tab: Tab) -> None:
        event = await factories.make_event("Velvet Meridian")
        tab.open(f"/venues/{event.venue.slug}", slug=event.venue.slug)
        await tab.call(PlaceState.load_venue)
        shown = tab.state(PlaceState)
        assert (shown.name, shown.city_href) == (event.venue.name, "/cities/rotterdam")
        assert [card.title for day in shown.days for card in day.cards] == ["Velvet Meridian"]

    async def test_redirects_to_the_venue_it_was_merged_into(self, tab: Tab) -> None:
        event = await factories.make_event()
        double = await factories.make_event()
        statement = "UPDATE venues SET merged_into_id = :into WHERE id = :venue_id OR id = :id"
        await change(statement, double, into=event.venue.id, venue_id=double.venue.id)
        tab.open(f"/venues/{double.venue.slug}", slug=double.venue.slug)
        assert f"/venues/{event.venue.slug}" in await tab.call(PlaceState.load_venue)

    async def test_shows_events_of_a_city(self, tab: Tab) -> None:
        await factories.make_event()
        tab.open("/cities/rotterdam", slug="rotterdam")
        await tab.call(PlaceState.load_city)
        shown = tab.state(PlaceState)
        assert (shown.name, len(shown.days)) == ("Rotterdam", 1)

    @pytest.mark.parametrize(
        ("handler", "sentence"),
        [
            (PlaceState.load_venue, "could not find this venue"),
            (PlaceState.load_city, "no events here"),
        ],
    )
    async def test_reports_an_unknown_place(self, tab: Tab, handler: object, sentence: str) -> None:
        tab.open("/cities/atlantis", slug="atlantis")
        await tab.call(handler)
        shown = tab.state(PlaceState)
        assert sentence in shown.error_message
        assert not shown.is_loaded


class TestTicketOfAnEvent:
    async def test_shows_the_rest_of_the_night(self, tab: Tab) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", event=event, price=68)
        await factories.make_ticket(eventId=str(event.id), price=90)
        ticket_id = str(listing.seats[0].ticket_id)
        tab.open(f"/tickets/{ticket_id}", ticket_id=ticket_id)
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.night.href, shown.night.all_line, shown.night.more_line) == (
            f"/events/{event.slug}",
            "All 3 tickets for this night",
            "1 more for this night",
        )
        # The page itself offers the listing of its ticket.
        assert [(offer.price, offer.place) for offer in shown.others] == [("$90", "Any place")]
        assert shown.similar == []

    async def test_only_ticket_links_the_event(self, tab: Tab) -> None:
        event = await factories.make_event()
        ticket = await factories.make_ticket(eventId=str(event.id))
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        shown = tab.state(TicketDetailState)
        assert (shown.night.all_line, shown.night.more_line) == ("See the event", "")
        assert shown.others == []

    async def test_follows_the_event(self, tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
        event = await factories.make_event()
        ticket = await factories.make_ticket(eventId=str(event.id))
        followed: list[tuple[str, ...]] = []

        async def subscribe(_: rx.State, *rooms: str) -> None:
            followed.append(rooms)

        monkeypatch.setattr(channels, "subscribe", subscribe)
        tab.open(f"/tickets/{ticket.id}", ticket_id=str(ticket.id))
        await tab.call(TicketDetailState.load)
        await tab.call(TicketDetailState.refresh)
        rooms = (channels.ticket_channel(ticket.id), channels.event_channel(event.id))
        assert followed[-2:] == [rooms, rooms]


class TestPurchase:
    async def test_holds_the_seats_of_the_row(self, tab: Tab, sign_in: SignIn) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", event=event, sideBySide=True)
        cookie = await sign_in(await factories.make_user())
        (row,) = (await opened(tab, event.slug, cookie, quantity="2")).offers
        path = await tab.call(EventDetailState.purchase, fields_of(row))
        assert path.startswith('"/orders/')
        for seat in listing.seats:
            ticket = await factories.read_ticket(seat.ticket_id)
            assert ticket.status is Availability.LOCKED

    async def test_visitor_signs_in_first_and_then_gets_the_order(
        self, tab: Tab, sign_in: SignIn
    ) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", "13", event=event, sideBySide=True)
        (row,) = (await opened(tab, event.slug, quantity="2")).offers
        to_sign_in = await tab.call(EventDetailState.purchase, fields_of(row))
        assert "/auth/signin?next=" in to_sign_in
        token = re.findall(r"purchase%3D(\w+)", to_sign_in)[0]
        cookie = await sign_in(await factories.make_user())
        query = {"quantity": "2", "purchase": token}
        tab.open(
            f"/events/{event.slug}?quantity=2&purchase={token}",
            cookie=cookie,
            slug=event.slug,
            **query,
        )
        assert "/orders/" in await tab.call(EventDetailState.load)

    async def test_refusal_reads_the_rows_again(self, tab: Tab, sign_in: SignIn) -> None:
        event = await factories.make_event()
        listing = await factories.make_listing("12", "13", event=event, sideBySide=True)
        cookie = await sign_in(await factories.make_user())
        shown = await opened(tab, event.slug, cookie, quantity="2")
        (row,) = shown.offers
        fields = fields_of(row)
        await factories.hold(await factories.read_ticket(listing.seats[0].ticket_id))
        await tab.call(EventDetailState.purchase, fields)
        assert shown.error_message == "Only one of these tickets is left. You were not charged."
        assert [offer.status for offer in shown.offers] == ["locked"]
        assert shown.choices.nothing

    async def test_press_under_load_gets_a_sentence(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        await factories.make_listing("12", event=event)
        cookie = await sign_in(await factories.make_user())
        shown = await opened(tab, event.slug, cookie)
        monkeypatch.setattr(shedding.load, "lag_seconds", 1000)
        await tab.call(EventDetailState.purchase, fields_of(shown.offers[0]))
        assert shown.error_message == shedding.OverloadedError().message
        assert shown.is_unavailable

    async def test_seller_is_refused(self, tab: Tab, sign_in: SignIn) -> None:
        seller = await factories.make_user()
        event = await factories.make_event()
        await factories.make_listing("12", event=event, seller=seller)
        shown = await opened(tab, event.slug, await sign_in(seller))
        await tab.call(EventDetailState.purchase, fields_of(shown.offers[0]))
        assert "your own ticket" in shown.error_message


def fields_of(row: OfferRow) -> dict[str, str]:
    names = ("listing_id", "ticket_id", "quantity", "price_cents")
    return {name: getattr(row, name) for name in names}
