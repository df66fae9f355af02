"""Use cases of an event."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import limits, text_search
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import new_id
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.validation import read_uuid
from ticketing_app.events import rules
from ticketing_app.events.models import Event, Venue
from ticketing_app.events.repository import events as repository
from ticketing_app.events.repository import venues as venue_repository
from ticketing_app.events.repository.events import EventRow
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventCreate, EventRead, FoundEvent
from ticketing_app.events.service import reading, slugs, venues
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import EventCancelled, EventCreated

SUGGESTIONS = 8


class EventNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this event."


class EventMovedError(AppError):
    """The event was merged into the one with `slug`."""

    status = HTTPStatus.MOVED_PERMANENTLY
    message = "This event has another address now."

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


class EventNotListableError(AppError):
    status = HTTPStatus.CONFLICT
    field = "eventId"

    def __init__(self, status: EventStatus) -> None:
        super().__init__(
            "This event was cancelled, so its tickets cannot be sold."
            if status is EventStatus.CANCELLED
            else "This event has begun, so its tickets are no longer sold."
        )


async def get_event(session: AsyncSession, *, event_id: UUID) -> EventRead:
    """Return the event, or the one that it was merged into; raises EventNotFoundError."""
    row = await repository.get_event(session, event_id)
    if row is None:
        raise EventNotFoundError
    return reading.to_event(row)


async def get_listable(session: AsyncSession, *, event_id: UUID) -> EventRead:
    """Return an event for a new ticket; it cannot be changed until the end of the transaction.

    Raises:
        EventNotFoundError: there is none with this id.
        EventNotListableError: it was cancelled, or has begun.
    """
    # Without the lock, a ticket could be listed after its event was cancelled.
    event = await lock_event(session, event_id=event_id)
    if event.id != event_id:
        event = await lock_event(session, event_id=event.id)
    if not rules.is_listable(event.status, event.starts_at, utc_now()):
        raise EventNotListableError(event.status)
    return event


async def lock_event(session: AsyncSession, *, event_id: UUID) -> EventRead:
    """Return as `get_event`; the event itself stays as it is until the end of the transaction."""
    await repository.lock_shared(session, event_id)
    return await get_event(session, event_id=event_id)


async def get_by_slug(session: AsyncSession, *, slug: str) -> EventRead:
    """Raises EventNotFoundError if there is none, EventMovedError if it was merged."""
    row = await repository.get_by_slug(session, slug)
    if row is None:
        raise EventNotFoundError
    if row.event.merged_into_id:
        target = await get_event(session, event_id=row.event.merged_into_id)
        raise EventMovedError(target.slug)
    return reading.to_event(row)


async def find_id(session: AsyncSession, *, text: str) -> UUID:
    """Return the id of the event with this id or slug, merged or not; raises EventNotFoundError."""
    event_id = read_uuid(text)
    if event_id is None:
        row = await repository.get_by_slug(session, text)
    else:
        row = next(iter(await repository.list_by_ids(session, [event_id])), None)
    if row is None:
        raise EventNotFoundError
    return row.event.id


async def list_by_ids(session: AsyncSession, *, event_ids: Sequence[UUID]) -> list[EventRead]:
    """Return the events with these ids, the soonest first."""
    return [reading.to_event(row) for row in await repository.list_by_ids(session, event_ids)]


async def suggest_events(
    session: AsyncSession, *, text: str, limit: int = SUGGESTIONS
) -> list[EventRead]:
    """Return events with these words, upcoming ones first; else with a similar title."""
    await limits.check("searches")
    if not text.strip():
        return []
    await text_search.plan_for_values(session)
    rows = await repository.list_by_words(session, text, limit)
    # Limited per client: similar titles cost thirty times a search for words.
    if not rows and await limits.allows("corrections"):
        rows = await repository.list_similar(session, text, limit)
    return [reading.to_event(row) for row in rows]


async def find_or_create_event(
    session: AsyncSession, *, creator_id: UUID, event: EventCreate
) -> FoundEvent:
    """Return the event with this title, venue and local start, or create it.

    Raises:
        VenueNotFoundError: there is no venue with `venue_id`.
        CityNotFoundError: there is no city with the id of the new venue.
        InvalidInputError: the event has begun.
        TooManyRequestsError: this account created too many events.
    """
    venue = await _venue(session, creator_id, event)
    row = _row(event, venue, creator_id)
    found = await repository.find_event(session, row)
    if found is None:
        await limits.check("events", account=creator_id)
    for slug in slugs.candidates(rules.slug_of(row.title, row.city, row.starts_local.date())):
        if found:
            return FoundEvent(event=reading.to_event(EventRow(found, venue)), is_new=False)
        row.slug = slug
        if await repository.insert_event(session, row):
            outbox.record(session, EventCreated(**facts(row)))
            return FoundEvent(event=reading.to_event(EventRow(row, venue)), is_new=True)
        # Either the slug is taken, or a concurrent transaction created the same event.
        found = await repository.find_event(session, row)
    raise slugs.NoFreeSlugError


async def _venue(session: AsyncSession, creator_id: UUID, event: EventCreate) -> Venue:
    if event.venue:
        return await venues.find_or_create_venue(session, creator_id=creator_id, venue=event.venue)
    found = await venue_repository.get_venue(session, event.venue_id) if event.venue_id else None
    if found is None:
        raise venues.VenueNotFoundError(field="venueId")
    return found


def _row(event: EventCreate, venue: Venue, creator_id: UUID) -> Event:
    start = rules.start_of(event.starts_local, venue.timezone)
    if start.at <= utc_now():
        raise InvalidInputError([("startsLocal", "Starts local must lie ahead.")])
    return Event(
        id=new_id(),
        slug="",
        title=event.title,
        category=event.category,
        venue_id=venue.id,
        venue=venue.name,
        city=venue.city,
        timezone=venue.timezone,
        starts_local=start.local,
        starts_at=start.at,
        created_by_id=creator_id,
    )


async def repeat_cancellation(session: AsyncSession, *, event_id: UUID) -> None:
    """Record the cancellation again, for tickets that joined the event after it."""
    if row := await repository.get_event(session, event_id):
        record_cancellation(session, row.event)


def record_cancellation(session: AsyncSession, event: Event) -> None:
    outbox.record(session, EventCancelled(**facts(event)))


def facts(event: Event) -> dict[str, Any]:
    """Return the fields of a domain event about this event."""
    names = {"title", "status", "venue_id", "venue", "city", "timezone", "starts_at"}
    return {"event_id": event.id, "event_version": event.version, **event.model_dump(include=names)}
