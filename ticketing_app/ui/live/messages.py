"""Public facts that open pages receive about a domain event."""

from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

from ticketing_app.core.clock import utc_now
from ticketing_app.messaging.catalog import (
    DeliveryAddressChanged,
    DeliveryChanged,
    DomainEvent,
    EventCancelled,
    EventChanged,
    NoticeCreated,
    NoticesRead,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderExpired,
    TicketCreated,
    TicketGiven,
    TicketUpdated,
    TicketVersion,
)
from ticketing_app.tickets import rules
from ticketing_app.ui.live import channels

# Public facts of one change, as JSON.
Facts = dict[str, Any]
Subject = tuple[Literal["event", "account"], UUID]
STATUS_AFTER: dict[type[OrderEvent], rules.Availability] = {
    OrderCompleted: rules.Availability.SOLD,
    OrderCancelled: rules.Availability.AVAILABLE,
    OrderExpired: rules.Availability.AVAILABLE,
}
TicketChange = OrderEvent | TicketCreated | TicketUpdated


def messages(event: DomainEvent) -> Iterator[tuple[str, Facts]]:
    if isinstance(event, OrderEvent):
        yield channels.user_channel(event.buyer_id), {"order": str(event.order_id)}
    if isinstance(event, TicketGiven):
        for user_id in filter(None, (event.from_id, event.to_id)):
            yield channels.user_channel(user_id), {"ticket": str(event.ticket_id)}
    if isinstance(event, DeliveryChanged | DeliveryAddressChanged):
        for user_id in (event.buyer_id, event.seller_id):
            yield channels.user_channel(user_id), {"order": str(event.order_id)}
    if isinstance(event, EventChanged | EventCancelled):
        facts = {"event": str(event.event_id), "isChanged": True}
        yield channels.event_channel(event.event_id), facts
    if isinstance(event, TicketChange):
        yield from _ticket_messages(event)


def _ticket_messages(event: TicketChange) -> Iterator[tuple[str, Facts]]:
    changes = list(_ticket_facts(event))
    if event.seller_id:
        for facts in changes or [{"ticket": str(event.ticket_id)}]:
            yield channels.user_channel(event.seller_id), facts
    for facts in changes:
        yield channels.ticket_channel(facts["ticket"]), facts
        if event.event_id:
            yield channels.event_channel(event.event_id), facts
        # Lists have rows of tickets without an event, and offer all new ones.
        if event.event_id is None or facts.get("isNew"):
            yield channels.TICKETS, facts


def subjects(event: DomainEvent) -> Iterator[Subject]:
    """Yield the events with a new summary, and the accounts with a new number of notices."""
    if isinstance(event, NoticeCreated | NoticesRead):
        yield "account", event.user_id
    if isinstance(event, TicketChange) and event.event_id:
        yield "event", event.event_id


def merge(collected: dict[str, Facts], facts: Facts) -> None:
    """Keep the newest facts of each ticket, event and order: events may arrive out of order."""
    key = facts.get("ticket") or facts.get("event") or facts.get("order", "")
    before = collected.get(key, {})
    is_older = facts.get("version", 0) < before.get("version", 0)
    merged = facts | before if is_older else before | facts
    if before.get("isNew") or facts.get("isNew"):
        merged["isNew"] = True
    collected[key] = merged


def _ticket_facts(event: TicketChange) -> Iterator[Facts]:
    """Yield the facts of each ticket that changed."""
    if isinstance(event, OrderEvent):
        # Events of the previous version of the program name only the first ticket.
        first = TicketVersion(id=event.ticket_id, version=event.ticket_version)
        for ticket in event.tickets or [first]:
            if ticket.version is not None:
                yield _order_facts(event, ticket)
    else:
        status = rules.TicketStatus(event.status)
        yield {
            "ticket": str(event.ticket_id),
            "version": event.ticket_version,
            "status": rules.availability(status, is_locked=event.is_locked),
            "title": event.title,
            "cents": event.price_cents,
            "isNew": isinstance(event, TicketCreated),
        }


def _order_facts(event: OrderEvent, ticket: TicketVersion) -> Facts:
    return {
        "ticket": str(ticket.id),
        "version": ticket.version,
        "status": STATUS_AFTER.get(type(event), rules.Availability.LOCKED),
        "until": event.locked_until.isoformat() if event.locked_until else "",
        "now": utc_now().isoformat(),
    }
