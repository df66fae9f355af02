"""Listings of several tickets."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.factories import recorded_events
from tests.integration.payments import sales
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.events.service.events import EventNotFoundError, EventNotListableError
from ticketing_app.tickets.rules import Availability, Split
from ticketing_app.tickets.schemas.listings import ListingCreate, ListingRead
from ticketing_app.tickets.service import listings
from ticketing_app.tickets.service.lease import ListingNotFoundError
from ticketing_app.tickets.service.tickets import SeatListedTwiceError

PARALLEL = 8


async def read(listing_id: UUID, viewer_id: UUID | None = None) -> ListingRead:
    async with db.transaction() as session:
        return await listings.get_listing(session, listing_id=listing_id, viewer_id=viewer_id)


async def fronts(listing: ListingRead) -> list[str]:
    """Return the seats that stand for the listing in lists."""
    statement = text(
        "SELECT seat FROM tickets WHERE listing_id = :id AND is_front"
        " AND status IN ('for_sale', 'paused')"
    )
    async with db.transaction() as session:
        found = await (await session.connection()).execute(statement, {"id": listing.id})
        return list(found.scalars())


@pytest.mark.usefixtures("database")
class TestCreateListing:
    async def test_puts_seats_in_order_at_one_price(self) -> None:
        listing = await factories.make_listing("10", "9", "8", split="no_single", sideBySide=True)
        assert [seat.seat for seat in listing.seats] == ["8", "9", "10"]
        assert {seat.row for seat in listing.seats} == {"F"}
        assert {seat.status for seat in listing.seats} == {Availability.AVAILABLE}
        assert (listing.split, listing.is_side_by_side) == (Split.NO_SINGLE, True)
        assert (listing.available, listing.quantity, listing.price_cents) == (3, 3, 4000)
        assert await fronts(listing) == ["8"]
        created = await recorded_events("TicketCreated")
        assert {event["listing_id"] for event in created} == {str(listing.id)}
        assert {event["event_id"] for event in created} == {str(listing.event_id)}
        assert len(created) == 3

    async def test_copies_title_and_place_of_the_event(self) -> None:
        event = await factories.make_event("The Quiet Engines")
        listing = await factories.make_listing("1", event=event)
        assert (listing.title, listing.venue) == ("The Quiet Engines", event.venue.name)
        assert (listing.city, listing.starts_at) == ("Rotterdam", event.starts_at)

    async def test_without_an_event_needs_a_title(self) -> None:
        described: dict[str, Any] = {"eventId": None, "quantity": 2, "section": "Stalls"}
        with pytest.raises(InvalidInputError) as refusal:
            await factories.make_listing(**described)
        assert refusal.value.field == "title"
        listing = await factories.make_listing(**described, title="Village fair")
        assert listing.event_id is None
        assert [(seat.section, seat.seat) for seat in listing.seats] == [("Stalls", None)] * 2

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"seats": []}, "seats"),
            ({"quantity": 2}, "seats"),
            ({"seats": [{"seat": "5"}, {"seat": "5 "}]}, "seats"),
            ({"seat": "5"}, "seat"),
            ({"seats": [{"seat": "5-6"}]}, "seats"),
            ({"price": 500_000, "seats": [{}, {}]}, "price"),
            ({"previousTicketIds": [factories.UNKNOWN_ID] * 2}, "previousTicketIds"),
            (
                {"seats": [{}, {}], "previousTicketIds": [factories.UNKNOWN_ID] * 2},
                "previousTicketIds",
            ),
        ],
    )
    async def test_names_the_wrong_field(self, fields: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInputError) as refusal:
            await factories.make_listing("7", **fields)
        assert [problem[0] for problem in refusal.value.problems] == [field]
        assert await recorded_events("TicketCreated") == []

    async def test_highest_total_is_allowed(self) -> None:
        listing = await factories.make_listing("1", "2", price=Decimal("499999.99"))
        assert listing.price_cents == 49_999_999

    async def test_rejects_an_unknown_event(self) -> None:
        with pytest.raises(EventNotFoundError):
            await factories.make_listing("1", eventId=factories.UNKNOWN_ID)

    @pytest.mark.parametrize("closed", ["cancelled", "begun"])
    async def test_rejects_a_closed_event(self, closed: str) -> None:
        fields: dict[str, Any] = (
            {"starts_at": utc_now()} if closed == "begun" else {"status": closed}
        )
        event = await factories.make_event(**fields)
        with pytest.raises(EventNotListableError, match=closed):
            await factories.make_listing("1", event=event)
        with pytest.raises(EventNotListableError):
            await factories.make_ticket(eventId=str(event.id))


@pytest.mark.usefixtures("database")
class TestSeatListedTwice:
    async def test_rejects_a_second_listing_of_the_seller(self) -> None:
        seller, event = await factories.make_user(), await factories.make_event()
        await factories.make_listing("5", "6", seller=seller, event=event, section="Ünder")
        with pytest.raises(SeatListedTwiceError, match="Section Ünder, row F, seat 6"):
            await factories.make_listing("6", "7", seller=seller, event=event, section="under")
        with pytest.raises(SeatListedTwiceError):
            await factories.make_ticket(
                seller, eventId=str(event.id), section="UNDER", row="f", seat="5"
            )
        # All or none.
        assert len(await recorded_events("TicketCreated")) == 2

    async def test_seats_without_numbers_and_of_other_events_are_different(self) -> None:
        seller, event = await factories.make_user(), await factories.make_event()
        await factories.make_listing(seller=seller, event=event, seats=[{}, {}])
        await factories.make_listing(seller=seller, event=event, seats=[{}])
        await factories.make_listing("5", seller=seller, event=event)
        await factories.make_listing("5", seller=seller)

    async def test_is_allowed_after_withdrawal(self) -> None:
        seller, event = await factories.make_user(), await factories.make_event()
        ticket = await factories.make_ticket(seller, eventId=str(event.id), seat="5")
        await factories.withdraw(ticket, seller)
        await factories.make_ticket(seller, eventId=str(event.id), seat="5")

    async def test_parallel_requests_make_one_listing(self) -> None:
        seller, event = await factories.make_user(), await factories.make_event()
        answers = await asyncio.gather(
            *(
                factories.make_listing("5", "6", seller=seller, event=event)
                for _ in range(PARALLEL)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, ListingRead) for answer in answers) == 1
        refused = [answer for answer in answers if isinstance(answer, SeatListedTwiceError)]
        assert len(refused) == PARALLEL - 1
        assert len(await recorded_events("TicketCreated")) == 2

    async def test_two_sellers_both_see_it(self) -> None:
        event = await factories.make_event()
        first = await factories.make_listing("5", "6", event=event)
        second = await factories.make_listing("6", "7", event=event)
        for listing in (first, second):
            seats = (await read(listing.id)).seats
            assert {seat.seat for seat in seats if seat.is_listed_twice} == {"6"}
            assert (await read(listing.id)).is_listed_twice


@pytest.mark.usefixtures("database")
class TestGetListing:
    async def test_rejects_an_unknown_one(self) -> None:
        with pytest.raises(ListingNotFoundError):
            await read(UUID(factories.UNKNOWN_ID))

    async def test_shows_withdrawn_tickets_to_the_seller_only(self) -> None:
        seller = await factories.make_user()
        listing = await factories.make_listing("1", "2", seller=seller)
        first = await factories.read_ticket(listing.seats[0].ticket_id)
        await factories.withdraw(first, seller)
        assert [seat.seat for seat in (await read(listing.id)).seats] == ["2"]
        own = await read(listing.id, seller.id)
        assert [seat.status for seat in own.seats] == ["withdrawn", "available"]
        assert (own.available, own.quantity) == (1, 1)
        await factories.withdraw(await factories.read_ticket(listing.seats[1].ticket_id), seller)
        with pytest.raises(ListingNotFoundError):
            await read(listing.id)


@pytest.mark.usefixtures("stripe_books")
class TestFront:
    async def test_moves_when_it_is_sold(self) -> None:
        listing = await factories.make_listing("1", "2", "3")
        front, second, _ = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        await sales.sell(second)
        assert await fronts(listing) == ["1"]
        await sales.sell(front)
        assert await fronts(listing) == ["3"]
        seats = (await read(listing.id)).seats
        assert [seat.status for seat in seats] == ["sold", "sold", "available"]


def test_count_is_that_of_seats_or_quantity() -> None:
    assert ListingCreate.model_validate({"price": 1, "seats": [{}, {}]}).count == 2
    assert ListingCreate.model_validate({"price": 1, "quantity": 3}).count == 3
    assert ListingCreate.model_validate({"price": 1}).count == 0
