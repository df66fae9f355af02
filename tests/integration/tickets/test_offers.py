"""Offers of an event, and their summary."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.tickets.repository import offers as repository
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.listings import EventOffers, OfferRead
from ticketing_app.tickets.service import offers

SIZE = 6_000
EVENTS = 200
FILL = """
    INSERT INTO tickets (id, seller_id, event_id, title, price_cents, currency, status, version, created_at, seat,
                         order_id)
    SELECT gen_random_uuid(), t.seller_id, e.id, t.title, 1000 + n, t.currency,
           CASE WHEN n % 3 = 0 THEN 'sold' ELSE 'for_sale' END, 1, now(), n::text, gen_random_uuid()
    FROM tickets t, generate_series(1, :size) AS n
    JOIN (SELECT id, row_number() OVER () AS number FROM events) e ON e.number = n % :events + 1
    WHERE t.id = :ticket_id
"""
EVENTS_FILL = """
    INSERT INTO events (id, slug, title, venue_id, venue, city, timezone, starts_local, starts_at)
    SELECT gen_random_uuid(), 'event-' || n, title, venue_id, venue, city, timezone,
           starts_local + make_interval(hours => n), starts_at
    FROM events, generate_series(1, :events - 1) AS n WHERE id = :event_id
"""


async def list_offers(event_id: object) -> list[OfferRead]:
    async with db.transaction() as session:
        return await offers.list_event_offers(session, event_id=event_id)  # pyright: ignore[reportArgumentType]


async def summarize(event_id: object) -> EventOffers:
    async with db.transaction() as session:
        found = await offers.summarize_events(session, event_ids=[event_id])  # pyright: ignore[reportArgumentType]
        (summary,) = found.values()
        return summary


async def set_status(ticket_id: UUID, status: str) -> None:
    statement = "UPDATE tickets SET status = :status WHERE id = :id"
    async with db.transaction() as session:
        values = {"status": status, "id": ticket_id}
        await (await session.connection()).execute(text(statement), values)


@pytest.mark.usefixtures("database")
class TestListEventOffers:
    async def test_lists_the_cheapest_first(self) -> None:
        event = await factories.make_event()
        pair = await factories.make_listing("5", "6", event=event, price=30)
        single = await factories.make_ticket(eventId=str(event.id), price=20)
        await factories.make_listing("1", "2")
        await factories.make_ticket()
        found = await list_offers(event.id)
        assert [(offer.listing_id, offer.price_cents) for offer in found] == [
            (None, 2000),
            (pair.id, 3000),
        ]
        assert [seat.ticket_id for seat in found[0].seats] == [single.id]
        assert [seat.seat for seat in found[1].seats] == ["5", "6"]
        assert {offer.event_id for offer in found} == {event.id}

    async def test_shows_held_seats_and_hides_sold_and_withdrawn_ones(self) -> None:
        seller, event = await factories.make_user(), await factories.make_event()
        listing = await factories.make_listing("1", "2", "3", seller=seller, event=event)
        buyer = await factories.make_user()
        first, second, _ = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        order = await factories.hold(first, buyer)
        await factories.withdraw(second, seller)
        (offer,) = await list_offers(event.id)
        assert [(seat.seat, seat.status) for seat in offer.seats] == [
            ("1", Availability.LOCKED),
            ("3", Availability.AVAILABLE),
        ]
        assert (offer.available, offer.quantity) == (1, 2)
        assert [seat.position for seat in offer.seats] == [1, 3]
        assert offer.seats[0].locked_until == order.expires_at
        assert offer.seats[0].order_id is None
        async with db.transaction() as session:
            (own,) = await offers.list_event_offers(session, event_id=event.id, viewer_id=buyer.id)
        assert own.seats[0].order_id == order.id

    @pytest.mark.parametrize(
        ("fields", "quantities"),
        [
            ({}, [1, 2, 3]),
            ({"split": "no_single"}, [1, 3]),
            ({"split": "together"}, [3]),
            ({"sideBySide": True}, [1, 2]),
        ],
    )
    async def test_lists_the_quantities_that_can_be_bought(
        self, fields: dict[str, Any], quantities: list[int]
    ) -> None:
        event = await factories.make_event()
        seats = (await factories.make_listing("1", "2", "3", "4", event=event, **fields)).seats
        await set_status(seats[2].ticket_id, "withdrawn")
        (offer,) = await list_offers(event.id)
        assert offer.quantities == quantities

    async def test_leaves_out_a_listing_that_was_read_in_part(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event, price=30)
        await factories.make_listing("3", "4", event=event, price=40)
        monkeypatch.setattr(repository, "MAX_TICKETS_READ", 3)
        assert [offer.price_cents for offer in await list_offers(event.id)] == [3000]

    async def test_tells_of_seats_that_two_sellers_offer(self) -> None:
        event = await factories.make_event()
        await factories.make_listing("1", "2", event=event)
        await factories.make_ticket(eventId=str(event.id), row="f", seat="2", price=50)
        await factories.make_listing("3", event=event, price=60)
        found = await list_offers(event.id)
        assert [offer.is_listed_twice for offer in found] == [True, True, False]


@pytest.mark.usefixtures("database")
class TestSummarizeEvents:
    async def test_counts_what_can_be_bought(self) -> None:
        event = await factories.make_event()
        await factories.make_listing("5", "6", "7", event=event, price=30)
        cheap = await factories.make_ticket(eventId=str(event.id), price=20)
        summary = await summarize(event.id)
        assert (summary.from_cents, summary.currency) == (2000, "usd")
        assert (summary.available, summary.sold) == (4, 0)
        await factories.hold(cheap)
        summary = await summarize(event.id)
        assert (summary.from_cents, summary.available) == (3000, 3)

    async def test_without_offers(self) -> None:
        event = await factories.make_event()
        assert await summarize(event.id) == EventOffers(
            event_id=event.id, from_cents=None, currency=None, available=0, sold=0
        )


@pytest.mark.usefixtures("database")
async def test_queries_read_no_whole_table() -> None:
    event = await factories.make_event()
    ticket = await factories.make_ticket(eventId=str(event.id))
    async with db.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(EVENTS_FILL), {"events": EVENTS, "event_id": event.id})
        values = {"size": SIZE, "events": EVENTS, "ticket_id": ticket.id}
        await connection.execute(text(FILL), values)
        await connection.execute(text("ANALYZE tickets"))
        reads = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'tickets'")
        before = await connection.scalar(reads)
        found = await repository.list_by_event(session, event.id)
        await repository.summarize_events(session, [event.id])
        assert await connection.scalar(reads) == before
        assert len(found) > SIZE / EVENTS / 2
        await session.rollback()
