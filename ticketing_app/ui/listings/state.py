"""States of My Listings and of the form that sells or edits."""

from dataclasses import asdict, replace
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import http
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.service import sell
from ticketing_app.tickets.rules import Availability
from ticketing_app.tickets.schemas import (
    OwnTicketPage,
    PriceQuestion,
    TicketCreate,
    TicketUpdate,
)
from ticketing_app.tickets.service import prices, seller_listings, tickets
from ticketing_app.ui import session, transactions
from ticketing_app.ui.listings.views import (
    ListingRow,
    amount_line,
    listed_line,
    preview,
    price_hint_line,
    price_rule_line,
    split_seats,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketForm, TicketStub, read_form

MAIN_FIELDS = frozenset({"title", "price", "previousTicketId"})
START = frozenset({"startsAt", "timezone"})
NEW = "new"
"""Stands for the id of a listing that does not exist yet, in the address too."""
UNTITLED = {"title": "Title", "price": 1}
"""What stands in the preview as long as nothing right was typed."""


class OwnListingsState(PageState, rx.State):
    """One's own listings, and which one is about to be withdrawn."""

    rows: rx.Field[list[ListingRow]] = rx.field(default_factory=list)
    has_more: bool = False
    asked_id: str = ""
    note: str = ""
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show as many as are shown, at least a page."""
        self.asked_id = ""
        self.note = listed_line(self.router.url.query_parameters.get(routes.LISTED, ""))
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
        page = await transactions.in_transaction(
            seller_listings.list_own_tickets,
            seller_id=caller.user_id,
            limit=DEFAULT_LIMIT,
            cursor=self._cursor,
        )
        # The newest ones leave the list before it gets too long; loading it shows them again.
        self.rows = [*self.rows, *await self._rows(caller, page)][-MAX_ROWS:]

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
        await transactions.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=own_id
        )
        await self._read(caller)

    async def _read(self, caller: Caller) -> None:
        await channels.subscribe(self, channels.user_channel(caller.user_id))
        limit = min(max(len(self.rows), DEFAULT_LIMIT), MAX_LIMIT)
        page = await transactions.in_transaction(
            seller_listings.list_own_tickets, seller_id=caller.user_id, limit=limit
        )
        self.rows, self.is_loaded = await self._rows(caller, page), True

    async def _rows(self, caller: Caller, page: OwnTicketPage) -> list[ListingRow]:
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        sold = [ticket.id for ticket in page.items if ticket.status is Availability.SOLD]
        # What was sold is its seller's again once it was refunded.
        relistable = await transactions.in_transaction(
            sell.list_relistable, owner_id=caller.user_id, ticket_ids=sold
        )
        now = session.reader_now(self)
        return [
            ListingRow.from_ticket(ticket, now, can_relist=ticket.id in relistable)
            for ticket in page.items
        ]


class TicketFormState(PageState, rx.State):
    """The form that lists a ticket or edits a listing."""

    form: TicketForm = TicketForm()
    form_id: str = ""
    version: int = 0
    is_stale: bool = False
    preview: TicketStub = TicketStub()
    price_rule: str = ""
    amount_line: str = ""
    price_hint: str = ""
    typed: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _created_href: str = ""

    @rx.var
    def shown_errors(self) -> dict[str, str]:
        """What is wrong: as the last try to submit found it, or as it was typed since."""
        return {name: text for name, text in (self.errors | self.typed).items() if text}

    @rx.var
    def has_event_facts(self) -> bool:
        """Whether the fold-out holds something that must be seen."""
        facts = (item for item in asdict(self.form).items() if item[0] not in MAIN_FIELDS)
        return any(value for _, value in facts) or not MAIN_FIELDS.issuperset(self.errors)

    @rx.event
    @guarded
    async def load_new(self) -> None:
        """Open an empty form, or one with the facts of the bought ticket that the address names."""
        caller = await session.require_caller(self)
        await channels.subscribe(self)
        form = TicketForm()
        if previous := self.router.url.query_parameters.get(routes.PREVIOUS):
            self.is_loaded = self.is_loaded and self.form.previousTicketId == previous
            ticket_id = http.parse_id(previous, tickets.TicketNotFoundError)
            ticket = await transactions.in_transaction(
                sell.get_own_ticket, owner_id=caller.user_id, ticket_id=ticket_id
            )
            form = replace(TicketForm.from_ticket(ticket), previousTicketId=str(ticket_id))
        await self._open(form, NEW, 0, caller)

    @rx.event
    @guarded
    async def load_edit(self) -> None:
        """Open the form with the caller's own listing."""
        caller = await session.require_caller(self)
        if not session.is_at(self, "ticket_id", self.form_id):
            self.is_loaded = False
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        await channels.subscribe(self)
        await transactions.in_transaction(
            tickets.require_own_ticket, seller_id=caller.user_id, ticket_id=ticket_id
        )
        ticket = await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
        await self._open(TicketForm.from_ticket(ticket), str(ticket_id), ticket.version, caller)

    @rx.event
    @refreshing
    async def validate_draft(self, form: object, names: object) -> None:
        """Judge what was typed into the fields of these `names`, and show what buyers will see."""
        caller = await session.require_caller(self)
        problems = await self._validate(form, caller)
        typed = [n for n in asdict(TicketForm()) if n in names] if isinstance(names, list) else []
        self.typed = {name: problems.get(name, "") for name in typed}

    async def _validate(self, form: object, caller: Caller) -> dict[str, str]:
        """Return what is wrong with the whole form."""
        values, problems = _judge(form, has_seats=self.form_id == NEW)
        # A start without its zone says nothing.
        wrong = problems.keys() | (START if START & problems.keys() else set())
        right = {name: text for name, text in values.items() if name not in wrong}
        facts = transactions.parse(TicketCreate, UNTITLED | right)
        price, currency = facts.price_cents if "price" in right else None, get_settings().currency
        self.preview = preview(facts, currency, has_price=price is not None)
        self.amount_line = amount_line(price, currency)
        asked = PriceQuestion(**{n: right[n] for n in ("title", "category", "city") if n in right})
        hint = await transactions.in_transaction(
            prices.find_price_hint, seller_id=caller.user_id, asked=asked
        )
        self.price_hint = price_hint_line(hint)
        return problems

    @rx.event
    @guarded
    async def create(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """List a ticket for each seat; a second click on Submit leads there and lists nothing twice."""
        caller = await session.require_caller(self)
        self.typed = {}
        listed = [
            transactions.parse(TicketCreate, values) for values in split_seats(read_form(form))
        ]
        if not self._created_href:
            made = await transactions.in_transaction(
                sell.sell_tickets, seller_id=caller.user_id, listed=listed
            )
            first, *more = made
            self._created_href = (
                routes.listed_tickets(len(made)) if more else routes.ticket_done(first.id, "listed")
            )
        return rx.redirect(self._created_href)

    @rx.event
    @guarded
    async def update(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Replace the listing, unless it changed since the form was opened."""
        caller = await session.require_caller(self)
        self.typed = {}
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        whose = {"seller_id": caller.user_id, "ticket_id": ticket_id}
        await transactions.in_transaction(tickets.require_own_ticket, **whose)
        values = read_form(form)
        # The form knows what it was made of even when the server forgot the tab meanwhile.
        ticket = transactions.parse(
            TicketUpdate, values | {"version": form.get("version", self.version)}
        )
        try:
            await transactions.in_transaction(tickets.update_ticket, **whose, ticket=ticket)
        except tickets.StaleTicketError:
            # A hold that came and went makes a new version too, but no other listing.
            now = await transactions.in_transaction(tickets.get_ticket, ticket_id=ticket_id)
            if TicketForm.from_ticket(now) != self.form:
                self.is_stale = True
                raise
            ticket = ticket.model_copy(update={"version": now.version})
            await transactions.in_transaction(tickets.update_ticket, **whose, ticket=ticket)
        return rx.redirect(routes.ticket_done(ticket_id, "saved"))

    async def _open(self, form: TicketForm, form_id: str, version: int, caller: Caller) -> None:
        self.form, self.form_id, self.version, self.typed = form, form_id, version, {}
        self.price_rule = price_rule_line(get_settings().currency)
        await self._validate(asdict(form), caller)
        self.is_loaded, self.is_stale, self._created_href = True, False, ""


def _judge(form: object, *, has_seats: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the form sent as the API takes it, and what is wrong with it, by field."""
    problems: dict[str, str] = {}
    try:
        values = read_form(form)
    except InvalidInputError as error:
        problems = {field: text for field, text in error.problems if field}
        # The start needs its zone; the rest can be judged without both.
        values = read_form({**form, "startsAt": ""}) if isinstance(form, dict) and problems else {}
    listed = [values]
    try:
        listed = split_seats(values) if has_seats else listed
    except InvalidInputError as error:
        problems |= {field: text for field, text in error.problems if field}
    try:
        for each in listed:
            transactions.parse(TicketCreate, each)
    except InvalidInputError as error:
        problems = {field: text for field, text in error.problems if field} | problems
    return values, problems
