"""The reads of ticket pages."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from ticketing_app.events.schemas import EventRead
from ticketing_app.events.service import events
from ticketing_app.orders.schemas import ChainRead
from ticketing_app.orders.service import chain, sell
from ticketing_app.orders.service import queries as orders
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.listings import ListingRead
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings, search
from ticketing_app.tickets.service.offers import UNSOLD
from ticketing_app.ui.events.queries import EventPage, load_event_page
from ticketing_app.ui.transactions import Session

# Called with the ids of similar tickets and the id of the event.
Subscribe = Callable[[list[UUID], UUID | None], Awaitable[None]]


@dataclass(frozen=True)
class ViewerTicket:
    """A ticket with its listing while it is unsold, and its history."""

    ticket: TicketRead
    listing: ListingRead | None = None
    chain: ChainRead | None = None
    is_relistable: bool = False

    @property
    def own_left(self) -> int:
        """The number of tickets that can be bought on its page."""
        if self.ticket.status is not Availability.AVAILABLE:
            return 0
        return self.listing.available if self.listing else 1


@dataclass(frozen=True)
class TicketDetailPage(ViewerTicket):
    """A ticket with its event; one without an event with similar tickets.

    `night` is the page of the event, after `add_night`.
    """

    similar: list[TicketRead] = field(default_factory=list)
    event: EventRead | None = None
    night: EventPage | None = None


async def load_ticket(session: Session, *, ticket_id: UUID, viewer_id: UUID | None) -> ViewerTicket:
    """Return a ticket as this viewer may see it.

    Raises:
        TicketNotFoundError: no ticket has this id.
        TicketWithdrawnError: withdrawn, and the viewer neither sold nor ordered it.
    """
    ticket = await orders.get_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    listing = await _load_listing(session, ticket, viewer_id)
    was_sold = ticket.status is Availability.SOLD or ticket.previous_ticket_id is not None
    if not was_sold:
        return ViewerTicket(ticket, listing)
    own_chain = await chain.get_chain(session, ticket_id=ticket_id, viewer_id=viewer_id)
    if viewer_id is None:
        return ViewerTicket(ticket, listing, own_chain)
    return ViewerTicket(
        ticket,
        listing,
        own_chain,
        bool(await sell.list_relistable(session, owner_id=viewer_id, ticket_ids=[ticket_id])),
    )


async def load_ticket_page(
    session: Session,
    *,
    ticket_id: UUID,
    viewer_id: UUID | None,
    subscribe: Subscribe | None = None,
) -> TicketDetailPage:
    """Return a ticket and its event or similar tickets; `subscribe` is called before those are read."""
    shown = await load_ticket(session, ticket_id=ticket_id, viewer_id=viewer_id)
    event_id = shown.ticket.event_id
    similar = [] if event_id else await search.list_similar(session, ticket_id=ticket_id)
    if subscribe:
        seats = shown.listing.seats if shown.listing else []
        seat_ids = [seat.ticket_id for seat in seats]
        await subscribe([*seat_ids, *(ticket.id for ticket in similar)], event_id)
        # Read again, bypassing the identity map: the page missed changes before it subscribed.
        session.expire_all()
        if len(seats) > 1:
            shown = replace(shown, listing=await _load_listing(session, shown.ticket, viewer_id))
        similar = [] if event_id else await search.list_similar(session, ticket_id=ticket_id)
    event = await events.get_event(session, event_id=event_id) if event_id else None
    return TicketDetailPage(**vars(shown), similar=similar, event=event)


async def add_night(page: TicketDetailPage, *, viewer_id: UUID | None) -> TicketDetailPage:
    """Add the page of the event, which all who see it share.

    Outside of a transaction: callers that wait for one read must not hold connections meanwhile.
    """
    if page.event is None:
        return page
    return replace(page, night=await load_event_page(slug=page.event.slug, viewer_id=viewer_id))


async def _load_listing(
    session: Session, ticket: TicketRead, viewer_id: UUID | None
) -> ListingRead | None:
    if ticket.listing_id is None or ticket.status not in UNSOLD:
        return None
    return await listings.get_listing(session, listing_id=ticket.listing_id, viewer_id=viewer_id)
