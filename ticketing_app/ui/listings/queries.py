"""One read per page of sellers, each in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ticketing_app.events.service import events
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas.listings import (
    ListingRead,
    ListingUpdate,
    OwnCounts,
    OwnListingPage,
    OwnListingRead,
)
from ticketing_app.tickets.schemas.prices import PriceHint, PriceQuestion
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings, prices, seller_listings, tickets
from ticketing_app.ui import transactions
from ticketing_app.ui.transactions import Session
from ticketing_app.vault.schemas import FileRead
from ticketing_app.vault.service import reading


@dataclass(frozen=True)
class ListingsPage:
    """`relistable_ids` are refunded sales: the seller owns these tickets again."""

    listings: OwnListingPage
    relistable_ids: set[UUID]
    # Of the events, by their ids.
    slugs: dict[UUID, str]
    files: dict[UUID, FileRead] = field(default_factory=dict[UUID, FileRead])

    def slug_of(self, listing: OwnListingRead) -> str:
        return self.slugs.get(listing.event_id, "") if listing.event_id else ""


@dataclass(frozen=True)
class Sums:
    """`sold` are amounts by currency; None if unknown."""

    counts: OwnCounts
    sold: dict[str, int] | None


@dataclass(frozen=True)
class FormPage:
    """The ticket that fills the form with its listing, and the prices of similar ones."""

    ticket: TicketRead
    price_hint: PriceHint | None
    listing: ListingRead | None = None
    files: Sequence[FileRead] = ()


async def load_listings_page(
    session: Session, *, seller_id: UUID, limit: int, cursor: str | None = None
) -> ListingsPage:
    """Return a page of the seller's own listings, newest first; raises the errors of `list_own_listings`."""
    page = await seller_listings.list_own_listings(
        session, seller_id=seller_id, limit=limit, cursor=cursor
    )
    seats = [seat for listing in page.items for seat in listing.seats]
    sold = [seat.ticket_id for seat in seats if seat.status is Availability.SOLD]
    relistable = await sell.list_relistable(session, owner_id=seller_id, ticket_ids=sold)
    event_ids = {listing.event_id for listing in page.items if listing.event_id}
    found = await events.list_by_ids(session, event_ids=list(event_ids))
    file_ids = {
        each for listing in page.items if listing.delivery for each in listing.delivery.file_ids
    }
    files = await reading.describe(session, file_ids=file_ids) if file_ids else {}
    return ListingsPage(page, relistable, {event.id: event.slug for event in found}, files)


async def load_sums(session: Session, *, seller_id: UUID) -> Sums:
    """Return the numbers of all of the seller's own tickets, also of those on other pages."""
    counts = await seller_listings.count_own(session, seller_id=seller_id)
    return Sums(counts, await sell.sum_sales(session, seller_id=seller_id))


async def load_resale_page(session: Session, *, seller_id: UUID, ticket_id: UUID) -> FormPage:
    """Return the ticket that its buyer sells again; raises the errors of `get_own_ticket`."""
    ticket = await sell.get_own_ticket(session, owner_id=seller_id, ticket_id=ticket_id)
    files = await sell.describe_files(session, owner_id=seller_id, ticket_ids=[ticket_id])
    return replace(await _with_hint(session, seller_id, ticket), files=files)


async def load_edit_page(session: Session, *, seller_id: UUID, ticket_id: UUID) -> FormPage:
    """Return the seller's own listing; raises the errors of `require_own_ticket`."""
    await tickets.require_own_ticket(session, seller_id=seller_id, ticket_id=ticket_id)
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id)
    page = await _with_hint(session, seller_id, ticket)
    if ticket.listing_id is None:
        return page
    listing = await listings.get_listing(session, listing_id=ticket.listing_id, viewer_id=seller_id)
    return replace(page, listing=listing)


async def update_listing_of(
    session: Session, *, seller_id: UUID, ticket_id: UUID, values: dict[str, Any]
) -> None:
    """Change the listing of this ticket; raises the errors of `update_listing`."""
    await tickets.require_own_ticket(session, seller_id=seller_id, ticket_id=ticket_id)
    ticket = await tickets.get_ticket(session, ticket_id=ticket_id)
    if ticket.listing_id is None:
        raise listings.ListingNotFoundError
    changes = transactions.parse(ListingUpdate, values)
    await listings.update_listing(
        session, seller_id=seller_id, listing_id=ticket.listing_id, listing=changes
    )


async def _with_hint(session: Session, seller_id: UUID, ticket: TicketRead) -> FormPage:
    asked = PriceQuestion(title=ticket.title, category=ticket.category, city=ticket.city)
    hint = await prices.find_price_hint(session, seller_id=seller_id, asked=asked)
    return FormPage(ticket, hint)


async def change_price(
    session: Session, *, seller_id: UUID, listing_id: UUID, values: dict[str, Any]
) -> None:
    """Change the price of the unsold tickets and nothing else; raises the errors of `update_listing`."""
    own = {"seller_id": seller_id, "listing_id": listing_id}
    await listings.require_own_listing(session, **own)
    now = await listings.get_listing(session, listing_id=listing_id, viewer_id=seller_id)
    kept = now.model_dump(include={"face_value_cents", "description"})
    changes = transactions.parse(ListingUpdate, values)
    await listings.update_listing(session, **own, listing=changes.model_copy(update=kept))
