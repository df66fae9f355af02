"""State of the home page: tickets for sale, searched and filtered by the address."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.paging import MAX_LIMIT
from ticketing_app.core.settings import get_settings
from ticketing_app.tickets.schemas import TicketFilter, TicketIds, TicketPage
from ticketing_app.tickets.service import search
from ticketing_app.ui import session, transactions
from ticketing_app.ui.home import queries
from ticketing_app.ui.home.queries import TicketListPage
from ticketing_app.ui.home.views import (
    FILTERS,
    FilterChip,
    FilterSuggestion,
    correction_line,
    count_line,
    filter_chips,
    list_href,
    read_query,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketStub

PAGE_SIZE = 24
AUTOMATIC_CARDS = 10 * PAGE_SIZE
SPEAKING_FIELDS = frozenset({"from", "to", "minPrice", "maxPrice"})


class HomeState(PageState, rx.State):
    """Tickets for sale. The search is stored in the address only."""

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
        """Errors of the address that no field shows."""
        return [text for name, text in self.wrong.items() if name not in SPEAKING_FIELDS]

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the search of the address: as many tickets as before if the address is the same."""
        async with transactions.transaction() as transaction:
            await session.find_caller(self, transaction)
            await channels.subscribe(self, channels.TICKETS)
            address = self.address if self.is_loaded else None
            self._read_address()
            limit = self._shown() if address == self.address else PAGE_SIZE
            await self._read(transaction, limit, has_cities=address is None)

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after changes may have been missed."""
        async with transactions.transaction() as transaction:
            await self._read(transaction, self._shown())

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page, up to MAX_ROWS."""
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
        """Collect the new listings that match the search; live events carry too few fields for that."""
        asked = transactions.parse(TicketIds, {"ids": ids}).ids
        found = await transactions.in_transaction(
            search.list_matching, wanted=self._wanted(), ticket_ids=asked
        )
        self.new_ids = list(dict.fromkeys([*self.new_ids, *map(str, found)]))[:MAX_ROWS]

    def _shown(self) -> int:
        return min(max(len(self.cards), PAGE_SIZE), MAX_LIMIT)

    def _read_address(self) -> None:
        """Parse the address; invalid parameters are reported and ignored."""
        query = read_query(self.router.url.query_parameters)
        self.wrong = {}
        try:
            transactions.parse(TicketFilter, query)
        except InvalidInputError as error:
            self.wrong = {field or "": text for field, text in error.problems}
            # An error without a field invalidates the whole query.
            invalid = set(query) if "" in self.wrong else self.wrong.keys()
            query = {name: text for name, text in query.items() if name not in invalid}
        self._query = query
        self.address = list_href(query)
        self.chips = filter_chips(query, get_settings().currency)
        self.cleared_href = list_href(query, *FILTERS)
        self.is_filtered = bool(query.keys() - {"sort"})

    def _wanted(self, **page: Any) -> TicketFilter:  # noqa: ANN401  # limit and cursor
        q = {"q": self._corrected_q} if self._corrected_q else {}
        return transactions.parse(TicketFilter, self._query | q | page)

    async def _read(
        self, transaction: transactions.Session, limit: int, *, has_cities: bool = False
    ) -> None:
        self._corrected_q = None
        page = await queries.load_ticket_list_page(
            transaction,
            wanted=self._wanted(limit=limit),
            has_cities=has_cities,
            alternatives=[_filter_of(chip) for chip in self.chips],
        )
        if has_cities:
            # The chosen city must be an option even where nothing is for sale.
            self.cities = sorted({*page.cities, *filter(None, [self._query.get("city")])})
        self._show(page)

    def _show(self, page: TicketListPage) -> None:
        self._corrected_q = page.tickets.corrected_q
        self.new_ids = []
        self.cards = _cards(page.tickets)
        self._note_rest(page.tickets)
        self.notice = correction_line(self._query.get("q", ""), self._corrected_q)
        self.count_line = count_line(page.count)
        self.suggestions = [
            FilterSuggestion(f"Without “{chip.label}”", count_line(count), chip.href)
            for chip, count in zip(self.chips, page.alternative_counts, strict=False)
            if count
        ]
        self.is_loaded = True

    def _note_rest(self, page: TicketPage) -> None:
        """Offer the next page, or a narrower search at MAX_ROWS."""
        is_full = len(self.cards) >= MAX_ROWS
        self._cursor = page.next_cursor
        self.has_more = page.next_cursor is not None and not is_full
        self.is_cut = page.next_cursor is not None and is_full


def _filter_of(chip: FilterChip) -> TicketFilter:
    """Return the search without the filter of this chip."""
    query = read_query(dict(parse_qsl(urlsplit(chip.href).query)))
    return transactions.parse(TicketFilter, query)


def _cards(page: TicketPage) -> list[TicketStub]:
    return [TicketStub.from_ticket(ticket) for ticket in page.items]
