"""State of the home page and of the search page: events and tickets, searched by the address."""

from dataclasses import fields
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.paging import MAX_LIMIT
from ticketing_app.tickets.schemas.search import MarketFilter, TicketFilter, TicketPage
from ticketing_app.tickets.schemas.tickets import TicketIds
from ticketing_app.tickets.service import event_search, search
from ticketing_app.ui import session, transactions
from ticketing_app.ui.events.cards import EventCard, EventGroup
from ticketing_app.ui.events.views import now_ms
from ticketing_app.ui.home import queries
from ticketing_app.ui.home.address import Address, FilterChip, QuickFilter, near_city, read_address
from ticketing_app.ui.home.queries import HomePage, Search
from ticketing_app.ui.home.views import (
    FilterSuggestion,
    HintGroup,
    MarketView,
    event_cards,
    group_events,
    hint_groups,
    hint_line,
    market_view,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded, in_turn, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketStub

PAGE_SIZE = 24
AUTOMATIC_CARDS = 10 * PAGE_SIZE


class HomeState(PageState, rx.State):
    """Events and tickets for sale. The search is stored in the address only; `MarketView` has most fields."""

    groups: rx.Field[list[EventGroup]] = rx.field(default_factory=list)
    event_count: int = 0
    has_events: bool = False
    has_more_events: bool = False
    cards: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    has_tickets: bool = False
    has_more: bool = False
    is_cut: bool = False
    count_line: str = ""
    notice: str = ""
    address: str = ""
    path: str = ""
    is_empty: bool = False
    is_filtered: bool = False
    chips: rx.Field[list[FilterChip]] = rx.field(default_factory=list)
    has_chips: bool = False
    has_many_chips: bool = False
    # In the document they lead to the page that has its results without JavaScript.
    quick: rx.Field[list[QuickFilter]] = rx.field(default_factory=Address(routes.SEARCH).quick)
    cleared_href: str = routes.TICKET_LIST
    suggestions: rx.Field[list[FilterSuggestion]] = rx.field(default_factory=list)
    has_suggestions: bool = False
    cities: rx.Field[list[str]] = rx.field(default_factory=list)
    hinted_text: str = ""
    hint_line: str = ""
    hints: rx.Field[list[HintGroup]] = rx.field(default_factory=list)
    wrong: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    wrong_lines: rx.Field[list[str]] = rx.field(default_factory=list)
    new_ids: rx.Field[list[str]] = rx.field(default_factory=list)
    _address: Address = Address()
    _corrected_q: str | None = None
    _events: rx.Field[list[EventCard]] = rx.field(default_factory=list)
    _event_cursor: str | None = None
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the search of the address: as many rows as before if the address is the same."""
        async with transactions.transaction() as transaction:
            await session.find_caller(self, transaction)
            await channels.subscribe(self, channels.EVENTS, channels.TICKETS)
            address = self.address if self.is_loaded else None
            self._read_address()
            if address != self.address:
                self.cards = []
                self._events = []
            await self._read(transaction, has_cities=address is None)

    @rx.event
    @refreshing
    @in_turn
    async def refresh(self) -> None:
        """Read again after changes may have been missed."""
        async with transactions.transaction() as transaction:
            await self._read(transaction)

    @rx.event
    @guarded
    async def load_more_events(self) -> None:
        """Append the next page of events, up to MAX_ROWS."""
        if self._event_cursor is None or len(self._events) >= MAX_ROWS:
            return
        wanted = self._search(limit=PAGE_SIZE, cursor=self._event_cursor).events
        hits = await transactions.in_transaction(event_search.list_more_events, wanted=wanted)
        known = {card.id for card in self._events}
        today = session.reader_now(self).date()
        cards = event_cards(hits, self._address, today=today, seen_at=now_ms())
        more = [card for card in cards if card.id not in known]
        self._events = [*self._events, *more][:MAX_ROWS]
        self.groups = group_events(self._events, self._address)
        self._note_more_events(hits.next_cursor)

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page of tickets, up to MAX_ROWS."""
        if self._cursor is None or len(self.cards) >= MAX_ROWS:
            return
        wanted = self._search(limit=PAGE_SIZE, cursor=self._cursor).tickets
        page = await transactions.in_transaction(search.list_tickets, wanted=wanted)
        known = {card.id for card in self.cards}
        cards = [TicketStub.from_ticket(ticket) for ticket in page.items]
        more = [card for card in cards if card.id not in known]
        self.cards = [*self.cards, *more][:MAX_ROWS]
        self._note_rest(page)

    @rx.event
    @refreshing
    async def match_new(self, ids: list[str]) -> None:
        """Collect the new listings that match the search; live events carry too few fields for that."""
        asked = transactions.parse(TicketIds, {"ids": ids}).ids
        # Also the tickets of events.
        wanted = TicketFilter(**dict(self._search().tickets))
        found = await transactions.in_transaction(
            search.list_matching, wanted=wanted, ticket_ids=asked
        )
        self.new_ids = list(dict.fromkeys([*self.new_ids, *map(str, found)]))[:MAX_ROWS]

    @rx.event
    @refreshing
    async def suggest(self, text: str) -> None:
        """Show events and venues that the visitor may be typing."""
        asked = transactions.parse(MarketFilter, {"q": text}).q.strip()
        found = queries.Hints([], [])
        if asked:
            found = await transactions.in_transaction(queries.load_hints, text=asked)
        self.hints = hint_groups(asked, found.events, found.venues)
        self.hint_line = hint_line(self.hints)
        self.hinted_text = asked

    def _read_address(self) -> None:
        """Parse the address; invalid parameters are reported and ignored."""
        url = self.router.url
        self._address = read_address(url.path, url.query_parameters)
        self.address = self._address.href
        self.path = self._address.path
        self.wrong = self._address.wrong

    def _search(self, **page: Any) -> Search:  # noqa: ANN401  # limit and cursor
        return self._address.search(self._corrected_q, **page)

    async def _read(self, transaction: transactions.Session, *, has_cities: bool = False) -> None:
        self._corrected_q = None
        page = await queries.load_home_page(
            transaction,
            wanted=Search(
                self._search(limit=_shown(self._events)).events,
                self._search(limit=_shown(self.cards)).tickets,
            ),
            has_cities=has_cities,
            alternatives=self._address.alternatives(),
        )
        if has_cities:
            # The chosen city must be an option even where nothing is for sale.
            chosen = self._address.query.get("city")
            self.cities = sorted({*page.cities, *filter(None, [chosen])})
        zone = str(session.reader_now(self).tzinfo)
        self.quick = self._address.quick(near_city(zone, self.cities))
        self._show(page)

    def _show(self, page: HomePage) -> None:
        market = page.market
        today = session.reader_now(self).date()
        view = market_view(self._address, page, today, now_ms())
        for shown in fields(MarketView):
            setattr(self, shown.name, getattr(view, shown.name))
        self._corrected_q = market.corrected_q
        self._events = [card for group in view.groups for card in group.cards]
        self.new_ids = []
        self._note_more_events(market.events.next_cursor)
        self._note_rest(market.tickets)
        self.is_loaded = True

    def _note_more_events(self, next_cursor: str | None) -> None:
        self.event_count = len(self._events)
        self._event_cursor = next_cursor
        self.has_more_events = next_cursor is not None and self.event_count < MAX_ROWS

    def _note_rest(self, page: TicketPage) -> None:
        """Offer the next page, or a narrower search at MAX_ROWS."""
        is_full = len(self.cards) >= MAX_ROWS
        self._cursor = page.next_cursor
        self.has_more = page.next_cursor is not None and not is_full
        self.is_cut = page.next_cursor is not None and is_full


def _shown(rows: list[Any]) -> int:
    return min(max(len(rows), PAGE_SIZE), MAX_LIMIT)
