"""Changes of listings, and of tickets in them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests import factories
from tests.factories import recorded_events
from tests.integration.tickets.test_listings import fronts, read
from tests.locks import end_or_wait
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import InvalidInputError, TooManyRequestsError
from ticketing_app.orders.service import event_cancellation, release
from ticketing_app.tickets.schemas.listings import ListingRead, ListingUpdate
from ticketing_app.tickets.service import listings
from ticketing_app.tickets.service.listings import (
    ListingBegunError,
    ListingEndedError,
    ListingHeldError,
    NotListingSellerError,
    StaleListingError,
)
from ticketing_app.tickets.service.tickets import SeatListedTwiceError


@pytest.fixture
async def seller(database: None) -> UserRead:  # noqa: ARG001  # order only.
    return await factories.make_user()


@pytest.fixture
async def listing(seller: UserRead) -> ListingRead:
    return await factories.make_listing("5", "6", "7", seller=seller)


async def change(listing: ListingRead, seller: UserRead, **fields: Any) -> ListingRead:  # noqa: ANN401  # any field
    update = ListingUpdate.model_validate({"price": 50, **fields})
    async with db.transaction() as session:
        return await listings.update_listing(
            session, seller_id=seller.id, listing_id=listing.id, listing=update
        )


async def withdraw(listing: ListingRead, seller: UserRead) -> None:
    async with db.transaction() as session:
        await listings.withdraw_listing(session, seller_id=seller.id, listing_id=listing.id)


async def pause(listing: ListingRead, seller: UserRead) -> ListingRead:
    async with db.transaction() as session:
        return await listings.pause_listing(session, seller_id=seller.id, listing_id=listing.id)


async def resume(listing: ListingRead, seller: UserRead) -> ListingRead:
    async with db.transaction() as session:
        return await listings.resume_listing(session, seller_id=seller.id, listing_id=listing.id)


async def positions(listing: ListingRead) -> list[tuple[str, int]]:
    statement = text("SELECT seat, position FROM tickets WHERE listing_id = :id ORDER BY position")
    async with db.transaction() as session:
        rows = await (await session.connection()).execute(statement, {"id": listing.id})
        return [(seat, position) for seat, position in rows]


class TestUpdateListing:
    async def test_changes_all_unsold_tickets(self, listing: ListingRead, seller: UserRead) -> None:
        changed = await change(
            listing,
            seller,
            description="Aisle",
            faceValue=45,
            version=1,
            split="no_single",
            sideBySide=True,
        )
        assert (changed.price_cents, changed.face_value_cents) == (5000, 4500)
        assert (changed.description, changed.version) == ("Aisle", 2)
        assert (changed.split, changed.is_side_by_side) == ("no_single", True)
        assert {seat.version for seat in changed.seats} == {2}
        assert len(await recorded_events("TicketUpdated")) == 3
        kept = await change(listing, seller)
        assert (kept.split, kept.is_side_by_side, kept.description) == ("no_single", True, None)

    async def test_rejects_while_a_ticket_is_held(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await factories.hold(await factories.read_ticket(listing.seats[1].ticket_id))
        with pytest.raises(ListingHeldError):
            await change(listing, seller)
        with pytest.raises(ListingHeldError):
            await withdraw(listing, seller)
        assert (await read(listing.id)).price_cents == 4000

    async def test_rejects_an_outdated_version(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await change(listing, seller, version=1)
        with pytest.raises(StaleListingError):
            await change(listing, seller, version=1)

    async def test_rejects_others_and_too_high_totals(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        with pytest.raises(NotListingSellerError):
            await change(listing, await factories.make_user())
        with pytest.raises(InvalidInputError):
            await change(listing, seller, price=400_000)

    async def test_rejects_when_nothing_is_left(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await withdraw(listing, seller)
        for act in (change, withdraw, pause, resume):
            with pytest.raises(ListingEndedError):
                await act(listing, seller)


class TestLimits:
    @pytest.mark.parametrize("act", [change, withdraw, pause, resume])
    async def test_rejects_too_many_edits(
        self,
        listing: ListingRead,
        seller: UserRead,
        act: Callable[..., Awaitable[object]],
        change_settings: Callable[..., None],
    ) -> None:
        change_settings(edit_limit_per_minute=1)
        await change(listing, seller)
        with pytest.raises(TooManyRequestsError):
            await act(listing, seller)
        assert (await read(listing.id)).version == 2


class TestRaces:
    async def test_an_edit_waits_for_a_hold_and_is_refused(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        async with db.transaction() as session:
            locked = "SELECT FROM tickets WHERE listing_id = :id ORDER BY id FOR NO KEY UPDATE"
            await (await session.connection()).execute(text(locked), {"id": listing.id})
            editing = asyncio.create_task(change(listing, seller))
            await end_or_wait(editing)
            await (await session.connection()).execute(
                text("UPDATE tickets SET status = 'withdrawn' WHERE listing_id = :id"),
                {"id": listing.id},
            )
        with pytest.raises(ListingEndedError):
            await editing

    async def test_parallel_changes_of_tickets_do_not_deadlock(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        found = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        await asyncio.gather(
            *(
                factories.change_ticket(ticket, seller, row="F", seat=str(20 + nth))
                for nth, ticket in enumerate(found[::-1])
            ),
            change(listing, seller, price=40),
        )
        assert await positions(listing) == [("20", 1), ("21", 2), ("22", 3)]
        assert await fronts(listing) == ["20"]


class TestWithdraw:
    async def test_takes_all_unsold_tickets_off_sale(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await withdraw(listing, seller)
        own = await read(listing.id, seller.id)
        assert {seat.status for seat in own.seats} == {"withdrawn"}
        updates = await recorded_events("TicketUpdated")
        assert [event["status"] for event in updates] == ["withdrawn"] * 3

    async def test_of_the_front_moves_it(self, listing: ListingRead, seller: UserRead) -> None:
        assert await fronts(listing) == ["5"]
        await factories.withdraw(await factories.read_ticket(listing.seats[0].ticket_id), seller)
        assert await fronts(listing) == ["6"]
        await factories.withdraw(await factories.read_ticket(listing.seats[2].ticket_id), seller)
        assert await fronts(listing) == ["6"]
        assert await positions(listing) == [("5", 1), ("6", 2), ("7", 3)]


class TestPause:
    async def test_stops_new_holds_until_it_is_resumed(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        held = await factories.read_ticket(listing.seats[0].ticket_id)
        await factories.hold(held)
        paused = await pause(listing, seller)
        assert {seat.status for seat in paused.seats} == {"paused"}
        assert (paused.available, paused.quantity, paused.version) == (0, 3, 2)
        with pytest.raises(Exception, match="paused"):
            await factories.hold(await factories.read_ticket(listing.seats[1].ticket_id))
        resumed = await resume(listing, seller)
        assert [seat.status for seat in resumed.seats] == ["locked", "available", "available"]
        updates = await recorded_events("TicketUpdated")
        assert [(event["status"], event["is_locked"]) for event in updates] == [
            (status, is_locked)
            for status in ("paused", "for_sale")
            for is_locked in (True, False, False)
        ]
        assert await fronts(listing) == ["5"]

    async def test_twice_changes_nothing(self, listing: ListingRead, seller: UserRead) -> None:
        await pause(listing, seller)
        again = await pause(listing, seller)
        assert again.version == 2
        assert len(await recorded_events("TicketUpdated")) == 3

    async def test_price_can_be_changed_meanwhile(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await pause(listing, seller)
        assert (await change(listing, seller)).price_cents == 5000

    async def test_keeps_the_tickets_of_a_hold_that_ends(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        buyer = await factories.make_user()
        order = await factories.hold(await factories.read_ticket(listing.seats[0].ticket_id), buyer)
        await pause(listing, seller)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        assert {seat.status for seat in (await read(listing.id)).seats} == {"paused"}

    async def test_cannot_be_ended_once_the_event_has_begun(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        await pause(listing, seller)
        await factories.let_event_begin(listing.seats[0].ticket_id)
        with pytest.raises(ListingBegunError):
            await resume(listing, seller)

    async def test_ends_with_the_cancellation_of_the_event(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        assert listing.event_id
        await pause(listing, seller)
        async with db.transaction() as session:
            await event_cancellation.cancel_batch(session, event_id=listing.event_id, limit=100)
        with pytest.raises(ListingEndedError):
            await resume(listing, seller)


class TestUpdateTicket:
    @pytest.mark.parametrize("nth", [0, 1])
    async def test_with_another_price_leaves_the_listing(
        self, listing: ListingRead, seller: UserRead, nth: int
    ) -> None:
        ticket = await factories.read_ticket(listing.seats[nth].ticket_id)
        loose = await factories.change_ticket(ticket, seller, price=55, row="F", seat=ticket.seat)
        assert (loose.listing_id, loose.event_id) == (None, listing.event_id)
        assert loose.title == listing.title
        left = [("5", 1), ("6", 2), ("7", 3)]
        del left[nth]
        assert await positions(listing) == left
        assert await fronts(listing) == [left[0][0]]
        statement = text("SELECT position, is_front FROM tickets WHERE id = :id")
        async with db.transaction() as session:
            rows = await (await session.connection()).execute(statement, {"id": ticket.id})
            assert rows.one() == (None, True)

    async def test_with_another_title_leaves_a_listing_without_event(
        self, seller: UserRead
    ) -> None:
        listing = await factories.make_listing(
            seller=seller, eventId=None, quantity=2, title="Village fair"
        )
        first, second = [await factories.read_ticket(seat.ticket_id) for seat in listing.seats]
        assert (await factories.change_ticket(first, seller, seat="3")).listing_id == listing.id
        changed = await factories.change_ticket(second, seller, title="Village ball")
        assert (changed.listing_id, changed.title) == (None, "Village ball")

    async def test_seat_facts_change_in_place(self, listing: ListingRead, seller: UserRead) -> None:
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        changed = await factories.change_ticket(ticket, seller, row="F", seat="8")
        assert (changed.listing_id, changed.venue) == (listing.id, listing.venue)
        assert await positions(listing) == [("6", 1), ("7", 2), ("8", 3)]
        assert await fronts(listing) == ["6"]

    async def test_rejects_a_seat_that_is_listed_already(
        self, listing: ListingRead, seller: UserRead
    ) -> None:
        ticket = await factories.read_ticket(listing.seats[0].ticket_id)
        with pytest.raises(SeatListedTwiceError, match="Row F, seat 7"):
            await factories.change_ticket(ticket, seller, row="f", seat="7")
        assert (await factories.read_ticket(ticket.id)).seat == "5"
