"""State of My Listings."""

import reflex as rx

from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import http
from ticketing_app.core.clock import utc_now
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import DEFAULT_LIMIT, MAX_LIMIT, OwnTicketPage
from ticketing_app.tickets.service import own, tickets
from ticketing_app.ui import edge, live, session
from ticketing_app.ui.listings.views import ListingRow
from ticketing_app.ui.session import PageState, guarded, refreshing


class OwnListingsState(PageState, rx.State):
    """One's own listings, and which one is about to be withdrawn."""

    rows: rx.Field[list[ListingRow]] = rx.field(default_factory=list)
    has_more: bool = False
    asked_id: str = ""
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show as many as are shown, at least a page."""
        self.asked_id = ""
        await self._read(await session.require_caller(self))

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Take in a change, beside what the last action was told."""
        await self._read(await session.require_caller(self))

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page."""
        caller = await session.require_caller(self)
        if self._cursor is None:
            return
        page = await edge.in_transaction(
            own.list_own_tickets,
            seller_id=caller.user_id,
            limit=DEFAULT_LIMIT,
            cursor=self._cursor,
        )
        self.rows = [*self.rows, *await self._rows(caller, page)]

    @rx.event
    @guarded
    async def ask_withdraw(self, ticket_id: str) -> None:
        """Ask before a listing is taken down for good."""
        self.asked_id = str(http.parse_id(ticket_id, tickets.TicketNotFoundError))

    @rx.event
    def keep(self) -> None:
        """Leave the listing as it is."""
        self.asked_id = ""

    @rx.event
    @guarded
    async def withdraw(self, ticket_id: str) -> None:
        """Take one of the caller's own listings off sale."""
        caller = await session.require_caller(self)
        own_id = http.parse_id(ticket_id, tickets.TicketNotFoundError)
        self.asked_id = ""
        await edge.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=own_id
        )
        await self._read(caller)

    async def _read(self, caller: Caller) -> None:
        await live.watch(self, live.seller_room(caller.user_id))
        limit = min(max(len(self.rows), DEFAULT_LIMIT), MAX_LIMIT)
        page = await edge.in_transaction(
            own.list_own_tickets, seller_id=caller.user_id, limit=limit
        )
        self.rows, self.is_loaded = await self._rows(caller, page), True

    async def _rows(self, caller: Caller, page: OwnTicketPage) -> list[ListingRow]:
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        sold = [ticket.id for ticket in page.items if ticket.status is Availability.SOLD]
        # What was sold is its seller's again once it was refunded.
        relistable = await edge.in_transaction(
            sell.list_relistable, owner_id=caller.user_id, ticket_ids=sold
        )
        now = utc_now()
        return [
            ListingRow.from_ticket(ticket, now, can_relist=ticket.id in relistable)
            for ticket in page.items
        ]
