"""Facts of an event for the letters to its buyers and sellers."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.events.rules import EventStatus
from ticketing_app.events.service import events
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.views.facts import EventFacts

CHANGES = ("old_starts_at", "old_venue", "old_city")


async def prepare(session: AsyncSession, mail: DueMail) -> EventFacts | None:
    """Return the facts; None for a change of an event that was cancelled meanwhile."""
    event = await events.get_event(session, event_id=UUID(mail.facts["event_id"]))
    is_cancelled = event.status is EventStatus.CANCELLED
    if is_cancelled != (mail.kind == "event_cancelled"):
        return None
    stored = {
        name: mail.facts[name] for name in (*CHANGES, "order_id", "is_seller") if name in mail.facts
    }
    return EventFacts.model_validate(
        {
            "event_id": event.id,
            "slug": event.slug,
            "title": event.title,
            "category": event.category or "other",
            "venue": event.venue.name,
            "city": event.venue.city,
            "timezone": event.venue.timezone,
            "starts_at": event.starts_at,
        }
        | stored
    )
