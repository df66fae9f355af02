"""An event as an iCalendar file (RFC 5545)."""

from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import STATUS, Calendar, Event

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.events.rules import EventStatus
from ticketing_app.events.schemas import EventRead


class Entry(NamedTuple):
    """An entry of a calendar; `starts_at` is in the time zone of the event, `path` that of its page."""

    id: UUID
    version: int
    title: str
    starts_at: datetime
    place: str
    path: str
    description: str | None = None
    is_cancelled: bool = False


def write(event: EventRead) -> bytes:
    return write_entry(
        Entry(
            id=event.id,
            version=event.version,
            title=event.title,
            starts_at=event.starts_at.astimezone(ZoneInfo(event.venue.timezone)),
            place=f"{event.venue.name}, {event.venue.city}",
            path=routes.event_detail(event.slug),
            is_cancelled=event.status is EventStatus.CANCELLED,
        )
    )


def write_entry(entry: Entry) -> bytes:
    """Return a calendar of one event, without an end: only its start is known."""
    settings = get_settings()
    event = Event.new(
        uid=f"{entry.id}@{urlsplit(settings.public_url).hostname}",
        # Calendars that have the event already accept a higher sequence as an update.
        sequence=entry.version,
        summary=entry.title,
        start=entry.starts_at,
        location=entry.place or None,
        url=f"{settings.public_url.rstrip('/')}{entry.path}",
        description=entry.description,
        status=STATUS.CANCELLED if entry.is_cancelled else None,
    )
    calendar = Calendar.new(prodid=f"-//{settings.brand_name}//EN", subcomponents=[event])
    # Only the time zone rules of that year; the default covers half a century.
    year = entry.starts_at.year
    calendar.add_missing_timezones(first_date=date(year, 1, 1), last_date=date(year + 1, 1, 1))
    return calendar.to_ical()
