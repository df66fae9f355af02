"""Corrections of events and venues by operators; each is recorded, and tickets follow the record."""

from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.logging import get_logger
from ticketing_app.events import rules
from ticketing_app.events.models import Event, Venue
from ticketing_app.events.repository import curation as repository
from ticketing_app.events.repository import events as event_repository
from ticketing_app.events.repository import venues as venue_repository
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead, VenueRead, VenueUpdate
from ticketing_app.events.service import cities, events, reading
from ticketing_app.events.service.events import EventNotFoundError
from ticketing_app.events.service.venues import VenueNotFoundError
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import EventChanged

log = get_logger()


class MergedAlreadyError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This was merged into another one. Act on that one."


class MergedIntoItselfError(AppError):
    message = "Nothing can be merged into itself."


class EventCancelledError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This event was cancelled."


class OneCancelledError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, event_id: UUID, other_id: UUID) -> None:
        super().__init__(
            f"Events {event_id} and {other_id} would become one, but only one of them was cancelled. "
            "Cancel or move the other one first, then repeat this."
        )


class EventExistsError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, event_id: UUID) -> None:
        super().__init__(f"Event {event_id} has this title, venue and time. Merge the two instead.")


class VenueExistsError(AppError):
    status = HTTPStatus.CONFLICT

    def __init__(self, venue_id: UUID) -> None:
        super().__init__(f"Venue {venue_id} has this name in this city. Merge the two instead.")


async def merge_events(session: AsyncSession, *, event_id: UUID, into_id: UUID) -> EventRead:
    """Make the event an address of another one; repeating it is harmless.

    Raises:
        EventNotFoundError: one of them does not exist.
        MergedIntoItselfError: both are the same.
        MergedAlreadyError: one of them was merged into a third one.
        OneCancelledError: only one of them was cancelled.
    """
    if event_id == into_id:
        raise MergedIntoItselfError
    locked = await repository.lock_events(session, [event_id, into_id])
    if len(locked) < 2:  # noqa: PLR2004  # two ids.
        raise EventNotFoundError
    event = locked[event_id]
    target = locked[into_id]
    if target.merged_into_id or event.merged_into_id not in {None, into_id}:
        raise MergedAlreadyError
    await _merge(session, event, target)
    return await events.get_event(session, event_id=into_id)


async def _merge(session: AsyncSession, event: Event, target: Event) -> None:
    # The tickets of the one would be withdrawn and refunded, or those of the other no longer be.
    if (event.status == EventStatus.CANCELLED) != (target.status == EventStatus.CANCELLED):
        raise OneCancelledError(event.id, target.id)
    if event.merged_into_id is None:
        event.merged_into_id = target.id
        event.version += 1
        await session.flush()
        await repository.redirect_events(session, event.id, target.id)
    _record_change(session, event, before=_occasion(event), after=_occasion(target))
    log.info("event.merged", event_id=str(event.id), into_id=str(target.id))


async def move_event(session: AsyncSession, *, event_id: UUID, starts_local: datetime) -> EventRead:
    """Move the event to another time at its venue.

    Raises:
        EventNotFoundError: there is none with this id.
        MergedAlreadyError: it was merged into another one.
        EventCancelledError: it was cancelled.
        InvalidInputError: the new time has passed.
        EventExistsError: an event with this title is there at the new time.
    """
    event = await _get_active(session, event_id)
    start = rules.start_of(starts_local, event.timezone)
    if start.at <= utc_now():
        raise InvalidInputError([("startsLocal", "Starts local must lie ahead.")])
    if start != (event.starts_local, event.starts_at):
        before = _occasion(event)
        event.starts_local, event.starts_at = start
        event.status = EventStatus.MOVED
        await _save(session, event, before)
        log.info("event.moved", event_id=str(event.id), starts_at=event.starts_at.isoformat())
    return await events.get_event(session, event_id=event_id)


async def cancel_event(session: AsyncSession, *, event_id: UUID) -> EventRead:
    """Cancel the event for good; repeating it goes on where an interrupted cancellation ended.

    Raises:
        EventNotFoundError: there is none with this id.
        MergedAlreadyError: it was merged into another one.
    """
    event = await _get_unmerged(session, event_id)
    if event.status != EventStatus.CANCELLED:
        event.status = EventStatus.CANCELLED
        event.version += 1
        await session.flush()
        log.info("event.cancelled", event_id=str(event.id))
    events.record_cancellation(session, event)
    return await events.get_event(session, event_id=event_id)


async def correct_venue(
    session: AsyncSession, *, venue_id: UUID, changes: VenueUpdate
) -> VenueRead:
    """Correct the name, the city or the time zone; `refresh_events` then corrects its events.

    Raises:
        VenueNotFoundError: there is none with this id.
        CityNotFoundError: there is no city with `city_id`.
        MergedAlreadyError: it was merged into another one.
        VenueExistsError: the city has another venue of this name.
    """
    venue = await _get_venue(session, venue_id)
    if changes.city_id:
        city = await cities.get_city(session, city_id=changes.city_id)
        venue.city_id = city.id
        venue.city = city.name
        for name in ("country", "timezone", "latitude", "longitude"):
            setattr(venue, name, getattr(city, name))
    venue.name = changes.name or venue.name
    venue.timezone = changes.timezone or venue.timezone
    with session.no_autoflush:
        other = await venue_repository.find_venue(session, venue)
    if other and other.id != venue.id:
        raise VenueExistsError(other.id)
    venue.version += 1
    await session.flush()
    log.info("venue.corrected", venue_id=str(venue.id))
    return reading.to_venue(venue)


async def merge_venues(session: AsyncSession, *, venue_id: UUID, into_id: UUID) -> VenueRead:
    """Make the venue an address of another one; `refresh_events` then moves its events.

    Raises:
        VenueNotFoundError: one of them does not exist.
        MergedIntoItselfError: both are the same.
        MergedAlreadyError: one of them was merged into a third one.
    """
    if venue_id == into_id:
        raise MergedIntoItselfError
    locked = await repository.lock_venues(session, [venue_id, into_id])
    if len(locked) < 2:  # noqa: PLR2004  # two ids.
        raise VenueNotFoundError
    venue = locked[venue_id]
    target = locked[into_id]
    if target.merged_into_id or venue.merged_into_id not in {None, into_id}:
        raise MergedAlreadyError
    if venue.merged_into_id is None:
        venue.merged_into_id = into_id
        venue.version += 1
        await session.flush()
        await repository.redirect_venues(session, venue_id, into_id)
        log.info("venue.merged", venue_id=str(venue_id), into_id=str(into_id))
    return reading.to_venue(target)


async def refresh_events(session: AsyncSession, *, venue_id: UUID, limit: int) -> int:
    """Give up to `limit` events of the venue its present place and time zone; return their number.

    Local times stay. Events of a merged venue move to the target, and there into equal ones.

    Raises:
        VenueNotFoundError: there is none with this id.
        EventExistsError: an event with this title is there at its time.
        OneCancelledError: only one of two equal events was cancelled.
    """
    place = await venue_repository.get_venue(session, venue_id)
    if place is None:
        raise VenueNotFoundError
    outdated = await repository.list_outdated(session, venue_id=venue_id, place=place, limit=limit)
    for event in (await repository.lock_events(session, outdated)).values():
        await _refresh(session, event, place)
    return len(outdated)


async def _refresh(session: AsyncSession, event: Event, place: Venue) -> None:
    before = _occasion(event)
    event.venue_id = place.id
    event.venue = place.name
    event.city = place.city
    event.timezone = place.timezone
    event.starts_local, event.starts_at = rules.start_of(event.starts_local, place.timezone)
    # Both may have the same title, venue and time only when one is merged, so nothing is written before.
    with session.no_autoflush:
        same = await event_repository.find_event(session, event)
        if same and same.id != event.id:
            locked = await repository.lock_events(session, [same.id])
            await _merge(session, event, locked[same.id])
            return
    await _save(session, event, before)


class _Occasion(NamedTuple):
    """What the holder of a ticket must know to be there."""

    starts_at: datetime
    venue: str
    city: str


def _occasion(event: Event) -> _Occasion:
    return _Occasion(event.starts_at, event.venue, event.city)


async def _save(session: AsyncSession, event: Event, before: _Occasion) -> None:
    with session.no_autoflush:
        same = await event_repository.find_event(session, event)
    if same and same.id != event.id:
        raise EventExistsError(same.id)
    event.version += 1
    await session.flush()
    _record_change(session, event, before=before, after=_occasion(event))


def _record_change(
    session: AsyncSession, event: Event, *, before: _Occasion, after: _Occasion
) -> None:
    old = {
        f"old_{name}": value
        for name, value in before._asdict().items()
        if value != getattr(after, name)
    }
    change = EventChanged(**events.facts(event), merged_into_id=event.merged_into_id, **old)
    outbox.record(session, change)


async def _get_active(session: AsyncSession, event_id: UUID) -> Event:
    event = await _get_unmerged(session, event_id)
    if event.status == EventStatus.CANCELLED:
        raise EventCancelledError
    return event


async def _get_unmerged(session: AsyncSession, event_id: UUID) -> Event:
    event = (await repository.lock_events(session, [event_id])).get(event_id)
    if event is None:
        raise EventNotFoundError
    if event.merged_into_id:
        raise MergedAlreadyError
    return event


async def _get_venue(session: AsyncSession, venue_id: UUID) -> Venue:
    venue = (await repository.lock_venues(session, [venue_id])).get(venue_id)
    if venue is None:
        raise VenueNotFoundError
    if venue.merged_into_id:
        raise MergedAlreadyError
    return venue
