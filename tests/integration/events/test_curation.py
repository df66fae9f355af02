import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.factories import CITIES, UNKNOWN_ID, read_ticket, recorded_events
from tests.integration.events.delivery import deliver
from tests.integration.events.makers import EVENING, make_event
from tests.integration.messaging.samples import column
from tests.integration.tickets.searches import execute
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead, VenueUpdate
from ticketing_app.events.service import curation, events, venues
from ticketing_app.events.service.cities import CityNotFoundError
from ticketing_app.tickets import subscribers as ticket_subscribers
from ticketing_app.tickets.schemas.tickets import TicketRead

pytestmark = pytest.mark.usefixtures("cities")

Change = Callable[..., Awaitable[Any]]


async def apply(change: Change, **values: object) -> Any:  # noqa: ANN401  # of the use case.
    async with db.transaction() as session:
        return await change(session, **values)


async def refusal(change: Change, **values: object) -> AppError:
    with pytest.raises(AppError) as found:
        await apply(change, **values)
    return found.value


async def ticket_of(
    event: EventRead,
    seller: UserRead | None = None,
    **fields: Any,  # noqa: ANN401  # any field
) -> TicketRead:
    return await factories.make_ticket(seller, eventId=str(event.id), **fields)


async def read_event(event_id: UUID) -> EventRead:
    return await apply(events.get_event, event_id=event_id)


class TestMergeEvents:
    async def test_redirects_to_the_target(self) -> None:
        target = await make_event()
        double = await make_event("The Paper Lantern")
        assert await apply(curation.merge_events, event_id=double.id, into_id=target.id) == target
        assert await read_event(double.id) == target
        moved = await refusal(events.get_by_slug, slug=double.slug)
        assert isinstance(moved, events.EventMovedError)
        assert moved.slug == target.slug
        [changed] = await recorded_events("EventChanged")
        assert changed["event_id"] == str(double.id)
        assert changed["event_version"] == 2
        assert changed["merged_into_id"] == str(target.id)

    async def test_shortens_chains(self) -> None:
        first, second, third = [await make_event(title) for title in ("A", "B", "C")]
        await apply(curation.merge_events, event_id=first.id, into_id=second.id)
        await apply(curation.merge_events, event_id=second.id, into_id=third.id)
        assert await read_event(first.id) == third

    async def test_moves_tickets_to_the_target(self) -> None:
        target = await make_event(
            "Target", category="concert", starts_local=EVENING + timedelta(hours=1)
        )
        double = await make_event("Double", venue="Foghorn Theatre", category="comedy")
        free, held = [await ticket_of(double) for _ in range(2)]
        order = await factories.hold(held)
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        assert await deliver() == 1
        free = await read_ticket(free.id)
        held = await read_ticket(held.id)
        assert free.event_id == held.event_id == target.id
        assert (free.title, free.venue, free.category) == ("Target", "Harbour Hall", "concert")
        assert (free.starts_at, free.version) == (target.starts_at, 2)
        # Rule 5: a held ticket keeps its title.
        assert (held.title, held.venue, held.order_id) == ("Double", "Harbour Hall", None)
        assert await column("SELECT title FROM orders WHERE id = :id", id=order.id) == ["Double"]

    async def test_moves_whole_listings(self) -> None:
        target = await make_event("Target")
        double = await make_event("Double")
        listing = await factories.make_listing("1", "2", "3", event=double)
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        await deliver()
        assert await column("SELECT event_id FROM listings") == [target.id]
        tickets = [await read_ticket(seat.ticket_id) for seat in listing.seats]
        assert [ticket.event_id for ticket in tickets] == [target.id] * 3

    async def test_withdraws_a_seat_that_its_seller_offers_there_already(self) -> None:
        target = await make_event("Target")
        double = await make_event("Double")
        seller = await factories.make_user()
        kept = await ticket_of(target, seller, row="F", seat="12")
        free = await ticket_of(double, seller, row="f", seat="12")
        other = await ticket_of(double, row="F", seat="12")
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        await deliver()
        found = [await read_ticket(ticket.id) for ticket in (kept, free, other)]
        assert {ticket.event_id for ticket in found} == {target.id}
        assert [ticket.status for ticket in found] == ["available", "withdrawn", "available"]

    async def test_goes_on_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ticket_subscribers, "BATCH", 2)
        target = await make_event("Target")
        double = await make_event("Double")
        for _ in range(5):
            await ticket_of(double)
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        # Two full batches and the rest.
        assert await deliver() == 3
        assert set(await column("SELECT event_id FROM tickets")) == {target.id}

    async def test_lists_new_tickets_of_the_double_at_the_target(self) -> None:
        target = await make_event("Target")
        double = await make_event("Double")
        await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        assert (await ticket_of(double)).event_id == target.id

    async def test_is_repeatable(self) -> None:
        target = await make_event("Target")
        double = await make_event("Double")
        for _ in range(2):
            await apply(curation.merge_events, event_id=double.id, into_id=target.id)
        versions = [event["event_version"] for event in await recorded_events("EventChanged")]
        assert versions == [2, 2]

    async def test_merges_both_ways_at_once_only_once(self) -> None:
        first = await make_event("A")
        second = await make_event("B")
        results = await asyncio.gather(
            apply(curation.merge_events, event_id=first.id, into_id=second.id),
            apply(curation.merge_events, event_id=second.id, into_id=first.id),
            return_exceptions=True,
        )
        assert sum(isinstance(each, curation.MergedAlreadyError) for each in results) == 1

    async def test_refuses(self) -> None:
        event, other, merged = [await make_event(title) for title in ("A", "B", "C")]
        await apply(curation.merge_events, event_id=merged.id, into_id=other.id)
        await apply(curation.cancel_event, event_id=other.id)

        async def merging(source: UUID, target: UUID) -> type[AppError]:
            return type(await refusal(curation.merge_events, event_id=source, into_id=target))

        assert await merging(event.id, event.id) is curation.MergedIntoItselfError
        assert await merging(event.id, UUID(UNKNOWN_ID)) is events.EventNotFoundError
        assert await merging(event.id, merged.id) is curation.MergedAlreadyError
        assert await merging(merged.id, event.id) is curation.MergedAlreadyError
        assert await merging(event.id, other.id) is curation.OneCancelledError


class TestMoveEvent:
    async def test_writes_the_new_start_through_to_all_tickets(self) -> None:
        event = await make_event()
        free, held, withdrawn = [await ticket_of(event) for _ in range(3)]
        await factories.hold(held)
        await execute("UPDATE tickets SET status = 'withdrawn' WHERE id = :id", id=withdrawn.id)
        later = EVENING + timedelta(days=30)
        moved = await apply(curation.move_event, event_id=event.id, starts_local=later)
        assert (moved.status, moved.starts_local, moved.slug) == (
            EventStatus.MOVED,
            later,
            event.slug,
        )
        await deliver()
        for ticket in (free, held, withdrawn):
            assert (await read_ticket(ticket.id)).starts_at == moved.starts_at
        updated = [each["ticket_id"] for each in await recorded_events("TicketUpdated")]
        # An update of a locked ticket would show it as available.
        assert set(updated) == {str(free.id), str(withdrawn.id)}
        assert len(updated) == 2

    async def test_keeps_a_hold_that_is_under_way(self) -> None:
        event = await make_event()
        ticket = await ticket_of(event)
        order = await factories.hold(ticket)
        await apply(
            curation.move_event, event_id=event.id, starts_local=EVENING + timedelta(days=1)
        )
        await deliver()
        assert await column("SELECT order_id FROM tickets") == [order.id]

    async def test_is_repeatable(self) -> None:
        event = await make_event()
        later = EVENING + timedelta(days=1)
        for _ in range(2):
            await apply(curation.move_event, event_id=event.id, starts_local=later)
        assert len(await recorded_events("EventChanged")) == 1

    async def test_refuses(self) -> None:
        event = await make_event()
        later = EVENING + timedelta(days=1)
        other = await make_event(starts_local=later)
        past = EVENING - timedelta(days=800)

        async def moving(to: object, event_id: UUID = event.id) -> AppError:
            return await refusal(curation.move_event, event_id=event_id, starts_local=to)

        assert str(other.id) in (await moving(later)).message
        assert isinstance(await moving(past), InvalidInputError)
        assert isinstance(await moving(later, UUID(UNKNOWN_ID)), events.EventNotFoundError)
        await apply(curation.cancel_event, event_id=event.id)
        assert isinstance(await moving(later), curation.EventCancelledError)


class TestCorrectVenue:
    async def correct(self, venue: VenueRead, **changes: Any) -> VenueRead:  # noqa: ANN401  # any field
        corrected = await apply(
            curation.correct_venue, venue_id=venue.id, changes=VenueUpdate(**changes)
        )
        while await apply(curation.refresh_events, venue_id=venue.id, limit=2):
            pass
        await deliver()
        return corrected

    async def test_computes_starts_again_when_the_zone_is_corrected(self) -> None:
        event = await make_event()
        ticket = await ticket_of(event)
        await self.correct(event.venue, timezone="Atlantic/Azores")
        corrected = await read_event(event.id)
        assert corrected.starts_local == event.starts_local
        assert corrected.starts_at == event.starts_at + timedelta(hours=1)
        assert corrected.status is EventStatus.SCHEDULED
        followed = await read_ticket(ticket.id)
        assert (followed.starts_at, followed.timezone) == (corrected.starts_at, "Atlantic/Azores")

    async def test_takes_place_and_zone_of_another_city(self) -> None:
        event = await make_event()
        ticket = await ticket_of(event)
        await self.correct(event.venue, city_id=CITIES["Munich"][0], name="Isarhalle")
        corrected = await read_event(event.id)
        assert (corrected.venue.city, corrected.venue.country) == ("Munich", "DE")
        assert (corrected.venue.slug, corrected.slug) == (event.venue.slug, event.slug)
        followed = await read_ticket(ticket.id)
        assert (followed.venue, followed.city) == ("Isarhalle", "Munich")

    async def test_corrects_all_events_in_batches(self) -> None:
        made = [await make_event(f"Event {number}") for number in range(5)]
        await self.correct(made[0].venue, name="Harbor Hall")
        assert set(await column("SELECT venue FROM events")) == {"Harbor Hall"}
        assert len(await recorded_events("EventChanged")) == 5

    async def test_refuses(self) -> None:
        venue = (await make_event()).venue
        other = (await make_event(venue="Foghorn Theatre")).venue

        async def correcting(**changes: Any) -> AppError:  # noqa: ANN401  # any field
            return await refusal(
                curation.correct_venue, venue_id=venue.id, changes=VenueUpdate(**changes)
            )

        assert str(other.id) in (await correcting(name="FOGHORN theatre")).message
        assert isinstance(await correcting(city_id=1), CityNotFoundError)
        await apply(curation.merge_venues, venue_id=venue.id, into_id=other.id)
        assert isinstance(await correcting(name="New"), curation.MergedAlreadyError)


class TestMergeVenues:
    async def merge(self, venue: VenueRead, into: VenueRead) -> None:
        await apply(curation.merge_venues, venue_id=venue.id, into_id=into.id)
        while await apply(curation.refresh_events, venue_id=venue.id, limit=2):
            pass
        await deliver()

    async def test_moves_its_events(self) -> None:
        target = (await make_event("Elsewhere", venue="Foghorn Theatre")).venue
        made = [await make_event(f"Event {number}") for number in range(3)]
        ticket = await ticket_of(made[0])
        await self.merge(made[0].venue, target)
        found = await apply(venues.list_upcoming, venue_id=target.id)
        assert {event.title for event in found} == {"Elsewhere", "Event 0", "Event 1", "Event 2"}
        assert (await read_ticket(ticket.id)).venue == "Foghorn Theatre"
        moved = await refusal(venues.get_venue_by_slug, slug=made[0].venue.slug)
        assert isinstance(moved, venues.VenueMovedError)
        assert moved.slug == target.slug

    async def test_merges_equal_events(self) -> None:
        kept = await make_event(venue="Foghorn Theatre")
        double = await make_event()
        ticket = await ticket_of(double)
        await self.merge(double.venue, kept.venue)
        assert (await read_event(double.id)).id == kept.id
        assert (await read_ticket(ticket.id)).event_id == kept.id

    @pytest.mark.parametrize("is_kept", [True, False])
    async def test_refuses_a_double_while_only_one_is_cancelled(self, *, is_kept: bool) -> None:
        kept = await make_event(venue="Foghorn Theatre")
        double = await make_event()
        ticket = await ticket_of(double)
        cancelled, other = (kept, double) if is_kept else (double, kept)
        await apply(curation.cancel_event, event_id=cancelled.id)
        with pytest.raises(curation.OneCancelledError, match=str(kept.id)):
            await self.merge(double.venue, kept.venue)
        assert (await read_ticket(ticket.id)).event_id == double.id
        await apply(curation.cancel_event, event_id=other.id)
        await self.merge(double.venue, kept.venue)
        assert (await read_ticket(ticket.id)).event_id == kept.id

    async def test_finds_the_target_for_new_events(self) -> None:
        target = (await make_event(venue="Foghorn Theatre")).venue
        event = await make_event()
        await self.merge(event.venue, target)
        assert (await apply(venues.get_venue, venue_id=event.venue.id)).id == target.id

    async def test_refuses(self) -> None:
        venue = (await make_event()).venue
        unknown = UUID(UNKNOWN_ID)
        for into, error in (
            (venue.id, curation.MergedIntoItselfError),
            (unknown, venues.VenueNotFoundError),
        ):
            found = await refusal(curation.merge_venues, venue_id=venue.id, into_id=into)
            assert isinstance(found, error)
        found = await refusal(curation.refresh_events, venue_id=unknown, limit=1)
        assert isinstance(found, venues.VenueNotFoundError)
