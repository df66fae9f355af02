"""States of the ticket pages."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import reflex as rx

from ticketing_app import routes
from ticketing_app.orders.service import hold
from ticketing_app.orders.service.hold import TicketAlreadyReservedError
from ticketing_app.tickets import service as tickets
from ticketing_app.tickets.schemas import (
    MAX_LIMIT,
    TicketCreate,
    TicketFilter,
    TicketPage,
    TicketSort,
    TicketUpdate,
)
from ticketing_app.ui import edge, live, session
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.tickets.views import TicketDetail, TicketForm, TicketStub, read_form

PAGE_SIZE = 24
MAIN_FIELDS = frozenset({"title", "price"})


class TicketListState(PageState, rx.State):
    """Tickets for sale."""

    cards: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    q: str = ""
    sort: str = TicketSort.NEWEST.value
    has_more: bool = False
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the first page, with the search as it is."""
        await session.find_caller(self)
        await live.watch(self, live.TICKETS)
        self._show(await self._read(limit=PAGE_SIZE))

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again what is shown, after changes may have been missed."""
        shown = min(max(len(self.cards), PAGE_SIZE), MAX_LIMIT)
        self._show(await self._read(limit=shown))

    @rx.event
    @guarded
    async def search(self, text: str) -> None:
        """Show what matches, while it is being typed."""
        wanted = edge.parse(TicketFilter, {"q": text, "sort": self.sort})
        self.q = wanted.q[:100]
        self._show(await self._read(limit=PAGE_SIZE))

    @rx.event
    @guarded
    async def sort_by(self, sort: str) -> None:
        """Order the list."""
        self.sort = edge.parse(TicketFilter, {"sort": sort}).sort.value
        self._show(await self._read(limit=PAGE_SIZE))

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page."""
        if self._cursor is None:
            return
        page = await self._read(limit=PAGE_SIZE, cursor=self._cursor)
        known = {card.id for card in self.cards}
        self._show(page, [*self.cards, *(c for c in _cards(page) if c.id not in known)])

    async def _read(self, *, limit: int, cursor: str | None = None) -> TicketPage:
        wanted = TicketFilter(q=self.q, sort=TicketSort(self.sort), limit=limit, cursor=cursor)
        return await edge.in_transaction(tickets.list_tickets, wanted=wanted)

    def _show(self, page: TicketPage, cards: list[TicketStub] | None = None) -> None:
        self.cards = _cards(page) if cards is None else cards
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.is_loaded = True


class TicketDetailState(PageState, rx.State):
    """One ticket, and what its viewer can do about it."""

    ticket: TicketDetail = TicketDetail()
    similar: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    is_asking: bool = False

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the ticket as this viewer sees it, and others like it."""
        self.similar = []
        await self._read()
        ticket_id = UUID(self.ticket.id)
        found = await edge.in_transaction(tickets.list_similar, ticket_id=ticket_id)
        await self._watch(ticket_id, *(ticket.id for ticket in found))
        # Once more: what changed before the rooms were entered was told to nobody here.
        found = await edge.in_transaction(tickets.list_similar, ticket_id=ticket_id)
        self.similar = [TicketStub.from_ticket(ticket) for ticket in found]

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Take in a change, beside what the last action was told."""
        await self._read()

    async def _read(self) -> None:
        caller = await session.find_caller(self)
        if not session.is_at(self, "ticket_id", self.ticket.id):
            self.is_loaded = self.is_asking = False
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        viewer_id = caller.user_id if caller else None
        await self._watch(ticket_id, *(card.id for card in self.similar))
        ticket = await edge.in_transaction(
            tickets.get_ticket, ticket_id=ticket_id, viewer_id=viewer_id
        )
        self.ticket = TicketDetail.from_ticket_for(ticket, viewer_id)
        self.is_loaded = True

    async def _watch(self, *ticket_ids: object) -> None:
        await live.watch(self, *map(live.ticket_room, ticket_ids))

    @rx.event
    @guarded
    async def purchase(self) -> rx.event.EventSpec:
        """Lock the ticket for the caller and go to the order."""
        caller = await session.require_caller(self)
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        try:
            order = await edge.in_autocommit(
                hold.create_order, buyer_id=caller.user_id, ticket_id=ticket_id
            )
        except TicketAlreadyReservedError as error:
            if error.order_id is None:
                raise
            return rx.redirect(routes.order_detail(error.order_id))
        return rx.redirect(routes.order_detail(order.id))

    @rx.event
    def ask_withdraw(self) -> None:
        """Ask before a listing is taken down for good."""
        self.is_asking = True

    @rx.event
    def keep(self) -> None:
        """Leave the listing as it is."""
        self.is_asking = False

    @rx.event
    @guarded
    async def withdraw(self) -> None:
        """Take the caller's own listing off sale."""
        caller = await session.require_caller(self)
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        self.is_asking = False
        await edge.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=ticket_id
        )
        ticket = await edge.in_transaction(
            tickets.get_ticket, ticket_id=ticket_id, viewer_id=caller.user_id
        )
        self.ticket = TicketDetail.from_ticket_for(ticket, caller.user_id)


class TicketFormState(PageState, rx.State):
    """The form that lists a ticket or edits a listing."""

    form: TicketForm = TicketForm()
    form_id: str = ""
    version: int = 0
    is_stale: bool = False
    _created_href: str = ""

    @rx.var
    def has_event_facts(self) -> bool:
        """Whether the fold-out holds something that must be seen."""
        facts = (item for item in asdict(self.form).items() if item[0] not in MAIN_FIELDS)
        return any(value for _, value in facts) or not MAIN_FIELDS.issuperset(self.errors)

    @rx.event
    @guarded
    async def load_new(self) -> None:
        """Open an empty form."""
        await session.require_caller(self)
        await live.watch(self)
        self._open(TicketForm(), "new", 0)

    @rx.event
    @guarded
    async def load_edit(self) -> None:
        """Open the form with the caller's own listing."""
        caller = await session.require_caller(self)
        if not session.is_at(self, "ticket_id", self.form_id):
            self.is_loaded = False
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        await live.watch(self)
        await edge.in_transaction(
            tickets.require_own_ticket, seller_id=caller.user_id, ticket_id=ticket_id
        )
        ticket = await edge.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
        self._open(TicketForm.from_ticket(ticket), str(ticket_id), ticket.version)

    @rx.event
    @guarded
    async def create(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """List the ticket; a second click on Submit leads to it and does not list it twice."""
        caller = await session.require_caller(self)
        ticket = edge.parse(TicketCreate, read_form(form))
        if not self._created_href:
            created = await edge.in_transaction(
                tickets.create_ticket, seller_id=caller.user_id, ticket=ticket
            )
            self._created_href = routes.ticket_detail(created.id)
        return rx.redirect(self._created_href)

    @rx.event
    @guarded
    async def update(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Replace the listing, unless it changed since the form was opened."""
        caller = await session.require_caller(self)
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        whose = {"seller_id": caller.user_id, "ticket_id": ticket_id}
        await edge.in_transaction(tickets.require_own_ticket, **whose)
        values = read_form(form)
        # The form knows what it was made of even when the server forgot the tab meanwhile.
        ticket = edge.parse(TicketUpdate, values | {"version": form.get("version", self.version)})
        try:
            await edge.in_transaction(tickets.update_ticket, **whose, ticket=ticket)
        except tickets.StaleTicketError:
            # A hold that came and went makes a new version too, but no other listing.
            now = await edge.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
            if TicketForm.from_ticket(now) != self.form:
                self.is_stale = True
                raise
            ticket = ticket.model_copy(update={"version": now.version})
            await edge.in_transaction(tickets.update_ticket, **whose, ticket=ticket)
        return rx.redirect(routes.ticket_detail(ticket_id))

    def _open(self, form: TicketForm, form_id: str, version: int) -> None:
        self.form, self.form_id, self.version = form, form_id, version
        self.is_loaded, self.is_stale, self._created_href = True, False, ""


def _cards(page: TicketPage) -> list[TicketStub]:
    return [TicketStub.from_ticket(ticket) for ticket in page.items]
