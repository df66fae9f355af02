"""The event of a ticket as an iCalendar file."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ticketing_app import routes
from ticketing_app.events.service import calendar
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service.tickets import TicketHasNoDateError


def write(ticket: TicketRead, *, path: str = "", notes: Sequence[str] = ()) -> bytes:
    """Return a calendar of one event; raises TicketHasNoDateError if the seller gave no start.

    `path` is that of another page than the ticket's.
    """
    if ticket.starts_at is None or ticket.timezone is None:
        raise TicketHasNoDateError
    return calendar.write_entry(
        calendar.Entry(
            id=ticket.id,
            version=ticket.version,
            title=ticket.title,
            starts_at=ticket.starts_at.astimezone(ZoneInfo(ticket.timezone)),
            place=", ".join(part for part in (ticket.venue, ticket.city) if part),
            path=path or routes.ticket_detail(ticket.id),
            description="\n".join([*notes, ticket.description or ""]).strip() or None,
        )
    )
