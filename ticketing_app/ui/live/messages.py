"""Public facts that open pages receive about a domain event."""

from collections.abc import Iterator
from typing import Any

from ticketing_app.core.clock import utc_now
from ticketing_app.messaging.catalog import (
    DomainEvent,
    EventCancelled,
    EventChanged,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    TicketCreated,
    TicketUpdated,
)
from ticketing_app.tickets import rules
from ticketing_app.ui.live import channels

# Public facts of one change, as JSON.
Facts = dict[str, Any]


def messages(event: DomainEvent) -> Iterator[tuple[str, Facts]]:
    if isinstance(event, OrderEvent):
        yield channels.user_channel(event.buyer_id), {"order": str(event.order_id)}
    if isinstance(event, EventChanged | EventCancelled):
        facts = {"event": str(event.event_id), "isChanged": True}
        yield channels.event_channel(event.event_id), facts
        return
    facts = _ticket_facts(event)
    if isinstance(event, OrderEvent | TicketCreated | TicketUpdated) and event.seller_id:
        yield channels.user_channel(event.seller_id), facts or {"ticket": str(event.ticket_id)}
    if facts:
        yield channels.ticket_channel(facts["ticket"]), facts
        yield channels.TICKETS, facts


def merge(collected: dict[str, Facts], facts: Facts) -> None:
    """Keep the newest facts of each ticket, event and order: events may arrive out of order."""
    key = facts.get("ticket") or facts.get("event") or facts["order"]
    before = collected.get(key, {})
    is_older = facts.get("version", 0) < before.get("version", 0)
    merged = facts | before if is_older else before | facts
    if before.get("isNew") or facts.get("isNew"):
        merged["isNew"] = True
    collected[key] = merged


def _ticket_facts(event: DomainEvent) -> Facts | None:
    if isinstance(event, OrderEvent):
        if event.ticket_version is None:
            return None
        return {
            "ticket": str(event.ticket_id),
            "version": event.ticket_version,
            "status": _status_after(event),
            "until": event.locked_until.isoformat() if event.locked_until else "",
            "now": utc_now().isoformat(),
        }
    if isinstance(event, TicketCreated | TicketUpdated):
        status = rules.TicketStatus(event.status)
        return {
            "ticket": str(event.ticket_id),
            "version": event.ticket_version,
            "status": rules.availability(status, is_locked=False),
            "title": event.title,
            "cents": event.price_cents,
            "isNew": isinstance(event, TicketCreated),
        }
    return None


def _status_after(event: OrderEvent) -> rules.Availability:
    if isinstance(event, OrderCompleted):
        return rules.Availability.SOLD
    if isinstance(event, OrderCancelled | OrderExpired):
        return rules.Availability.AVAILABLE
    return rules.Availability.LOCKED
