"""One read per page of sellers, each in the caller's transaction."""

from dataclasses import dataclass
from uuid import UUID

from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import OwnTicketPage, PriceHint, PriceQuestion, TicketRead
from ticketing_app.tickets.service import prices, seller_listings, tickets
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class ListingsPage:
    """`relistable_ids` are refunded sales: the seller owns these tickets again."""

    listings: OwnTicketPage
    relistable_ids: set[UUID]


@dataclass(frozen=True)
class FormPage:
    """The ticket that fills the form, and the prices of similar ones."""

    ticket: TicketRead
    price_hint: PriceHint | None


async def load_listings_page(
    session: Session, *, seller_id: UUID, limit: int, cursor: str | None = None
) -> ListingsPage:
    """Return a page of the seller's own listings, newest first; raises the errors of `list_own_tickets`."""
    page = await seller_listings.list_own_tickets(
        session, seller_id=seller_id, limit=limit, cursor=cursor
    )
    sold = [ticket.id for ticket in page.items if ticket.status is Availability.SOLD]
    relistable = await sell.list_relistable(session, owner_id=seller_id, ticket_ids=sold)
    return ListingsPage(page, relistable)


async def load_resale_page(session: Session, *, seller_id: UUID, ticket_id: UUID) -> FormPage:
    """Return the ticket that its buyer sells again; raises the errors of `get_own_ticket`."""
    ticket = await sell.get_own_ticket(session, owner_id=seller_id, ticket_id=ticket_id)
    return await _with_hint(session, seller_id, ticket)


async def load_edit_page(session: Session, *, seller_id: UUID, ticket_id: UUID) -> FormPage:
    """Return the seller's own listing; raises the errors of `require_own_ticket`."""
    await tickets.require_own_ticket(session, seller_id=seller_id, ticket_id=ticket_id)
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id)
    return await _with_hint(session, seller_id, ticket)


async def _with_hint(session: Session, seller_id: UUID, ticket: TicketRead) -> FormPage:
    asked = PriceQuestion(title=ticket.title, category=ticket.category, city=ticket.city)
    hint = await prices.find_price_hint(session, seller_id=seller_id, asked=asked)
    return FormPage(ticket, hint)
