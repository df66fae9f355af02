"""States of the ticket pages."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import InvalidInputError, TooManyRequestsError
from ticketing_app.core.paging import MAX_LIMIT
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.rules import ANY_OFFER, SeenOffer
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import hold, queries, sell
from ticketing_app.orders.service.hold import OfferChangedError, TicketAlreadyReservedError
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import (
    TicketFilter,
    TicketIds,
    TicketPage,
    TicketRead,
)
from ticketing_app.tickets.service import resale, search, tickets
from ticketing_app.ui import session, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import (
    FILTERS,
    NOTES,
    WITHDRAWN,
    FilterChip,
    FilterSuggestion,
    OwnershipLine,
    TicketDetail,
    TicketStub,
    correction_line,
    count_line,
    filter_chips,
    list_href,
    read_query,
)

PAGE_SIZE = 24
AUTOMATIC_CARDS = 10 * PAGE_SIZE
SPEAKING_FIELDS = frozenset({"from", "to", "minPrice", "maxPrice"})
MAIN_FIELDS = frozenset({"title", "price", "previousTicketId"})


class TicketListState(PageState, rx.State):
    """Tickets for sale. What is wanted stands in the address and nowhere else."""

    cards: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    has_more: bool = False
    is_cut: bool = False
    count_line: str = ""
    notice: str = ""
    address: str = ""
    is_filtered: bool = False
    chips: rx.Field[list[FilterChip]] = rx.field(default_factory=list)
    cleared_href: str = routes.TICKET_LIST
    suggestions: rx.Field[list[FilterSuggestion]] = rx.field(default_factory=list)
    cities: rx.Field[list[str]] = rx.field(default_factory=list)
    wrong: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    new_ids: rx.Field[list[str]] = rx.field(default_factory=list)
    _query: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _corrected_q: str | None = None
    _cursor: str | None = None

    @rx.var
    def wrong_lines(self) -> list[str]:
        """What is wrong in the address beside the fields, which say it themselves."""
        return [text for name, text in self.wrong.items() if name not in SPEAKING_FIELDS]

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show what the address asks for; as much as before, when it is the same address."""
        await session.find_caller(self)
        await channels.subscribe(self, channels.TICKETS)
        before = self.address if self.is_loaded else None
        self._read_address()
        if before is None:
            cities = await transactions.in_transaction(search.list_cities)
            # What is chosen must be among the choices.
            self.cities = sorted({*cities, *filter(None, [self._query.get("city")])})
        await self._show_first(self._shown() if before == self.address else PAGE_SIZE)

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again what is shown, after changes may have been missed."""
        await self._show_first(self._shown())

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page, as long as the list may grow."""
        if self._cursor is None or len(self.cards) >= MAX_ROWS:
            return
        wanted = self._wanted(limit=PAGE_SIZE, cursor=self._cursor)
        page = await transactions.in_transaction(search.list_tickets, wanted=wanted)
        known = {card.id for card in self.cards}
        more = [card for card in _cards(page) if card.id not in known]
        self.cards = [*self.cards, *more][:MAX_ROWS]
        self._note_rest(page)

    @rx.event
    @refreshing
    async def match_new(self, ids: list[str]) -> None:
        """Tell which of these new listings the list would show: an event tells too little."""
        asked = transactions.parse(TicketIds, {"ids": ids}).ids
        found = await transactions.in_transaction(
            search.list_matching, wanted=self._wanted(), ticket_ids=asked
        )
        self.new_ids = list(dict.fromkeys([*self.new_ids, *map(str, found)]))[:MAX_ROWS]

    def _shown(self) -> int:
        return min(max(len(self.cards), PAGE_SIZE), MAX_LIMIT)

    def _read_address(self) -> None:
        """Take in the address; what is wrong in it is told and left out."""
        query, self.wrong = read_query(self.router.url.query_parameters), {}
        try:
            transactions.parse(TicketFilter, query)
        except InvalidInputError as error:
            self.wrong = {field or "": text for field, text in error.problems}
            # Without a field nothing of it can be read.
            query = {
                n: text for n, text in query.items() if n not in self.wrong and "" not in self.wrong
            }
        self._query, self.address = query, list_href(query)
        self.chips = filter_chips(query, get_settings().currency)
        self.cleared_href = list_href(query, *FILTERS)
        self.is_filtered = bool(query.keys() - {"sort"})

    def _wanted(self, **page: Any) -> TicketFilter:  # noqa: ANN401  # limit and cursor
        q = {"q": self._corrected_q} if self._corrected_q else {}
        return transactions.parse(TicketFilter, self._query | q | page)

    async def _show_first(self, limit: int) -> None:
        self._corrected_q = None
        wanted = self._wanted(limit=limit)
        page, count = await transactions.in_transaction(search.list_and_count, wanted=wanted)
        self._corrected_q, self.new_ids = page.corrected_q, []
        self.cards = _cards(page)
        self._note_rest(page)
        self.notice = correction_line(self._query.get("q", ""), page.corrected_q)
        self.count_line = count_line(count)
        self.suggestions = [] if self.cards else await self._find_suggestions()
        self.is_loaded = True

    def _note_rest(self, page: TicketPage) -> None:
        """Offer the next page, or a narrower search once the list is as long as it may be."""
        is_full = len(self.cards) >= MAX_ROWS
        self._cursor = page.next_cursor
        self.has_more = page.next_cursor is not None and not is_full
        self.is_cut = page.next_cursor is not None and is_full

    async def _find_suggestions(self) -> list[FilterSuggestion]:
        """Look what there would be with one filter less."""
        ways: list[FilterSuggestion] = []
        for chip in self.chips:
            query = read_query(dict(parse_qsl(urlsplit(chip.href).query)))
            wanted = transactions.parse(TicketFilter, query)
            if count := await transactions.in_transaction(search.count_tickets, wanted=wanted):
                ways.append(
                    FilterSuggestion(f"Without “{chip.label}”", count_line(count), chip.href)
                )
        return ways


class TicketDetailState(PageState, rx.State):
    """One ticket, and what its viewer can do about it."""

    ticket: TicketDetail = TicketDetail()
    similar: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    ownership: rx.Field[list[OwnershipLine]] = rx.field(default_factory=list)
    resale_href: str = ""
    note: str = ""
    is_asking: bool = False
    paused_until: str = ""
    paused_at: str = ""
    _purchase_token: str = ""
    _purchase_offer: TicketDetail = TicketDetail()

    @rx.event
    @guarded
    async def load(self) -> rx.event.EventSpec | None:
        """Show the ticket as this viewer sees it, and others like it."""
        # Before the page learns who signed in, which empties what it held for nobody.
        token = self._purchase_token
        offer = self._purchase_offer
        self._purchase_token = ""
        self.similar, self.note = [], ""
        self.paused_until = ""
        await self._read()
        if self.ticket.can_change:
            self.note = NOTES.get(self.router.url.query_parameters.get(routes.DONE, ""), "")
        ticket_id = UUID(self.ticket.id)
        found = await transactions.in_transaction(search.list_similar, ticket_id=ticket_id)
        await self._watch(ticket_id, *(ticket.id for ticket in found))
        # Once more: what changed before the rooms were entered was told to nobody here.
        found = await transactions.in_transaction(search.list_similar, ticket_id=ticket_id)
        self.similar = [TicketStub.from_ticket(ticket) for ticket in found]
        caller = await session.find_caller(self)
        is_own = token and self.router.url.query_parameters.get(routes.PURCHASE) == token
        return await self._hold(caller, offer) if caller and is_own else None

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
        try:
            ticket = await transactions.in_transaction(
                queries.get_ticket, ticket_id=ticket_id, viewer_id=viewer_id
            )
        except tickets.TicketWithdrawnError:
            self.ticket = TicketDetail()
            self.is_loaded = False
            raise
        await self._read_ownership(ticket, viewer_id)
        self.ticket = TicketDetail.from_ticket_for(ticket, viewer_id)
        self.is_loaded = True

    async def _read_ownership(self, ticket: TicketRead, viewer_id: UUID | None) -> None:
        """Show whoever had the ticket its way, and let its owner sell it."""
        self.ownership, self.resale_href = [], ""
        is_sold = ticket.status is Availability.SOLD
        if viewer_id is None or not (is_sold or ticket.previous_ticket_id):
            return
        steps = await transactions.in_transaction(
            resale.list_ownership, ticket_id=ticket.id, viewer_id=viewer_id
        )
        now = session.reader_now(self)
        self.ownership = [OwnershipLine.from_step(step, now) for step in steps]
        if await transactions.in_transaction(
            sell.list_relistable, owner_id=viewer_id, ticket_ids=[ticket.id]
        ):
            self.resale_href = routes.ticket_resale(ticket.id)

    async def _watch(self, *ticket_ids: object) -> None:
        await channels.subscribe(self, *map(channels.ticket_channel, ticket_ids))

    @rx.event
    @guarded
    async def purchase(self) -> rx.event.EventSpec:
        """Lock the ticket for the caller and go to the order; a visitor signs in on the way."""
        caller = await session.find_caller(self)
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        if caller is None:
            # Nobody else can guess it, so that no link locks a ticket for whoever follows it.
            self._purchase_token = uuid4().hex
            self._purchase_offer = self.ticket
            return session.sign_in_for(routes.ticket_purchase(ticket_id, self._purchase_token))
        return await self._hold(caller, self.ticket)

    async def _hold(self, caller: Caller, seen: TicketDetail) -> rx.event.EventSpec:
        try:
            order = await self._create_order(caller, seen)
        except TicketAlreadyReservedError as error:
            if error.order_id is None:
                raise
            return rx.redirect(routes.order_detail(error.order_id))
        except TooManyRequestsError as error:
            if error.retry_after:
                now = utc_now()
                self.paused_at = now.isoformat()
                self.paused_until = (now + timedelta(seconds=error.retry_after)).isoformat()
            raise
        return rx.redirect(routes.order_detail(order.id))

    async def _create_order(self, caller: Caller, seen: TicketDetail) -> OrderRead:
        """Hold the ticket as it was seen; another buyer's hold changes its version, but no offer."""
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        was_seen = session.is_at(self, "ticket_id", seen.id)
        try:
            async with hold.in_turn(ticket_id):
                return await transactions.in_autocommit(
                    hold.create_order,
                    buyer_id=caller.user_id,
                    ticket_id=ticket_id,
                    seen=SeenOffer(seen.version) if was_seen else ANY_OFFER,
                )
        except OfferChangedError:
            await self._read()
            if self.ticket.offer != seen.offer:
                raise
        return await transactions.in_autocommit(
            hold.create_order,
            buyer_id=caller.user_id,
            ticket_id=ticket_id,
            seen=SeenOffer(self.ticket.version),
        )

    @rx.event
    @guarded
    async def end_pause(self) -> None:
        """Let the ticket be bought again, and take back why it could not be."""
        self.paused_until = ""
        await self._read()

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
        await transactions.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=ticket_id
        )
        ticket = await transactions.in_transaction(
            tickets.get_ticket, ticket_id=ticket_id, viewer_id=caller.user_id
        )
        self.ticket = TicketDetail.from_ticket_for(ticket, caller.user_id)
        self.note = WITHDRAWN


def _cards(page: TicketPage) -> list[TicketStub]:
    return [TicketStub.from_ticket(ticket) for ticket in page.items]
