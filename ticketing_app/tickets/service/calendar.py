"""The event of a ticket as an iCalendar file (RFC 5545)."""

from datetime import date
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.schemas import TicketRead
from ticketing_app.tickets.service.tickets import TicketHasNoDateError


def write(ticket: TicketRead) -> bytes:
    """Return a calendar of one event; raises TicketHasNoDateError if the seller gave no start."""
    # The event has no end, as sellers give only the start.
    if ticket.starts_at is None or ticket.timezone is None:
        raise TicketHasNoDateError
    starts_at = ticket.starts_at.astimezone(ZoneInfo(ticket.timezone))
    settings = get_settings()
    event = Event.new(
        uid=f"{ticket.id}@{urlsplit(settings.public_url).hostname}",
        # Calendars that have the event already accept a higher sequence as an update.
        sequence=ticket.version,
        summary=ticket.title,
        start=starts_at,
        location=", ".join(part for part in (ticket.venue, ticket.city) if part) or None,
        url=f"{settings.public_url.rstrip('/')}{routes.ticket_detail(ticket.id)}",
        description=ticket.description,
    )
    calendar = Calendar.new(prodid=f"-//{settings.brand_name}//EN", subcomponents=[event])
    # Only the time zone rules of that year; the default covers half a century.
    calendar.add_missing_timezones(
        first_date=date(starts_at.year, 1, 1), last_date=date(starts_at.year + 1, 1, 1)
    )
    return calendar.to_ical()
