"""One read per ticket page, each in the caller's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from ticketing_app.orders.service import queries as orders
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import OwnershipStepRead, TicketRead
from ticketing_app.tickets.service import resale, search
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class ViewerTicket:
    """A ticket with the part that only its owners see."""

    ticket: TicketRead
    ownership: list[OwnershipStepRead] = field(default_factory=list)
    is_relistable: bool = False


@dataclass(frozen=True)
class TicketDetailPage(ViewerTicket):
    similar: list[TicketRead] = field(default_factory=list)


async def load_ticket(session: Session, *, ticket_id: UUID, viewer_id: UUID | None) -> ViewerTicket:
    """Return a ticket as this viewer may see it.

    Raises:
        TicketNotFoundError: no ticket has this id.
        TicketWithdrawnError: withdrawn, and the viewer neither sold nor ordered it.
    """
    ticket = await orders.get_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    was_sold = ticket.status is Availability.SOLD or ticket.previous_ticket_id is not None
    if viewer_id is None or not was_sold:
        return ViewerTicket(ticket)
    return ViewerTicket(
        ticket,
        await resale.list_ownership(session, ticket_id=ticket_id, viewer_id=viewer_id),
        bool(await sell.list_relistable(session, owner_id=viewer_id, ticket_ids=[ticket_id])),
    )


async def load_ticket_page(
    session: Session,
    *,
    ticket_id: UUID,
    viewer_id: UUID | None,
    subscribe: Callable[[list[UUID]], Awaitable[None]] | None = None,
) -> TicketDetailPage:
    """Return a ticket and similar ones; `subscribe` is called with the ids of the similar ones."""
    shown = await load_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    similar = await search.list_similar(session, ticket_id=ticket_id)
    if subscribe:
        await subscribe([ticket.id for ticket in similar])
        # Read again, bypassing the identity map: the page missed changes before it subscribed.
        session.expire_all()
        similar = await search.list_similar(session, ticket_id=ticket_id)
    return TicketDetailPage(shown.ticket, shown.ownership, shown.is_relistable, similar)
