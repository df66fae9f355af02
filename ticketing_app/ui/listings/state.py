"""States of My Listings and of the seller's form."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.core import http
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.service import to_do as deliveries
from ticketing_app.orders.service import sell
from ticketing_app.tickets.schemas.prices import PriceHint, PriceQuestion
from ticketing_app.tickets.schemas.tickets import TicketCreate, TicketUpdate
from ticketing_app.tickets.service import drafts, listings, prices, tickets
from ticketing_app.ui import session, transactions
from ticketing_app.ui.listings import cards, queries
from ticketing_app.ui.listings.cards import ListingCard
from ticketing_app.ui.listings.queries import ListingsPage
from ticketing_app.ui.listings.split import SplitChoice
from ticketing_app.ui.listings.views import (
    TicketForm,
    amount_line,
    file_line,
    listed_line,
    listing_line,
    preview,
    price_hint_line,
    price_rule_line,
    read_form,
    read_price_form,
    read_split,
    split_choice,
    split_seats,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.sales.views import ToDoView, to_do_views
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketStub

MAIN_FIELDS = frozenset({"title", "price", "previousTicketId", "eventId"})
START = frozenset({"startsAt", "timezone"})
# The id of a listing that does not exist yet, as in the address.
NEW = "new"
# Preview values for fields that are empty or invalid.
UNTITLED = {"title": "Title", "price": 1}


class OwnListingsState(PageState, rx.State):
    """The caller's listings."""

    cards: rx.Field[list[ListingCard]] = rx.field(default_factory=list)
    has_more: bool = False
    note: str = ""
    sums: str = ""
    to_do: rx.Field[list[ToDoView]] = rx.field(default_factory=list)
    # The problem of the last price, and the listing that it was for.
    price_problem: str = ""
    price_problem_id: str = ""
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the newest listings, as many as were shown before."""
        self.note = listed_line(self.router.url.query_parameters.get(routes.LISTED, ""))
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a change."""
        await self._read()

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if self._cursor is None:
                return
            page = await queries.load_listings_page(
                transaction, seller_id=caller.user_id, limit=DEFAULT_LIMIT, cursor=self._cursor
            )
        self._append(page)

    @rx.event
    @guarded
    async def withdraw(self, ticket_id: str) -> None:
        """Take one of the caller's own listings off sale."""
        self.note = ""
        caller = await session.require_caller(self)
        own_id = http.parse_id(ticket_id, tickets.TicketNotFoundError)
        await transactions.in_transaction(
            tickets.withdraw_ticket, seller_id=caller.user_id, ticket_id=own_id
        )
        await self._read()

    @rx.event
    @guarded
    async def withdraw_all(self, listing_id: str) -> None:
        """Take the unsold tickets of one of the caller's own listings off sale."""
        await self._change(listings.withdraw_listing, listing_id)

    @rx.event
    @guarded
    async def pause(self, listing_id: str) -> None:
        """Hide one of the caller's own listings from buyers."""
        await self._change(listings.pause_listing, listing_id)
        self.note = cards.PAUSED

    @rx.event
    @guarded
    async def resume(self, listing_id: str) -> None:
        """Put one of the caller's own listings back on sale."""
        await self._change(listings.resume_listing, listing_id)
        self.note = cards.RESUMED

    @rx.event
    @guarded
    async def change_price(self, form: dict[str, Any]) -> None:
        """Change the price of all unsold tickets of one of the caller's own listings."""
        caller = await session.require_caller(self)
        listing_id, values = read_price_form(form)
        own_id = http.parse_id(listing_id, listings.ListingNotFoundError)
        self.price_problem_id = str(own_id)
        self.price_problem = ""
        self.note = ""
        try:
            await transactions.in_transaction(
                queries.change_price, seller_id=caller.user_id, listing_id=own_id, values=values
            )
        except InvalidInputError as error:
            self.price_problem = error.message
        except listings.StaleListingError as error:
            await self._read()
            shown = (card for card in self.cards if card.listing_id == str(own_id))
            self.price_problem = next(map(cards.stale_price, shown), error.message)
        else:
            await self._read()

    async def _change(self, change: Callable[..., Awaitable[object]], listing_id: str) -> None:
        self.note = ""
        caller = await session.require_caller(self)
        own_id = http.parse_id(listing_id, listings.ListingNotFoundError)
        await transactions.in_transaction(change, seller_id=caller.user_id, listing_id=own_id)
        await self._read()

    async def _read(self) -> None:
        limit = min(max(len(self.cards), DEFAULT_LIMIT), MAX_LIMIT)
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self, channels.user_channel(caller.user_id))
            page = await queries.load_listings_page(
                transaction, seller_id=caller.user_id, limit=limit
            )
            sums = await queries.load_sums(transaction, seller_id=caller.user_id)
            to_do = await deliveries.list_to_do(transaction, seller_id=caller.user_id)
        self.sums = cards.sums_line(sums)
        self.to_do = to_do_views(to_do, session.reader_now(self))
        self.cards = []
        self._append(page)

    def _append(self, page: ListingsPage) -> None:
        now = session.reader_now(self)
        more = (
            ListingCard.from_listing(
                listing, now, page.relistable_ids, page.slug_of(listing), page.files
            )
            for listing in page.listings.items
        )
        # The oldest stay in view; the newest return with the next load.
        self.cards = [*self.cards, *more][-MAX_ROWS:]
        self._cursor = page.listings.next_cursor
        self.has_more = self._cursor is not None
        self.is_loaded = True


class TicketFormState(PageState, rx.State):
    """The form that creates or edits a listing."""

    form: TicketForm = TicketForm()
    form_id: str = ""
    version: int = 0
    is_stale: bool = False
    # The seats of a listing, which are edited together; empty for a single ticket.
    listing_line: str = ""
    # Of a bought ticket that has a file.
    file_line: str = ""
    split: SplitChoice = SplitChoice()
    preview: TicketStub = TicketStub()
    price_rule: str = ""
    amount_line: str = ""
    price_hint: str = ""
    typed: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    has_draft: bool = False
    _created_href: str = ""

    @rx.var
    def shown_errors(self) -> dict[str, str]:
        """Errors of the last submit, replaced by those of fields edited since."""
        return {name: text for name, text in (self.errors | self.typed).items() if text}

    @rx.var
    def has_event_facts(self) -> bool:
        """Whether the collapsed fields contain a value or an error."""
        facts = (item for item in asdict(self.form).items() if item[0] not in MAIN_FIELDS)
        return any(value for _, value in facts) or not MAIN_FIELDS.issuperset(self.errors)

    @rx.event
    @guarded
    async def load_new(self) -> None:
        """Open an empty form, or one filled with the bought ticket that the address names."""
        previous = self.router.url.query_parameters.get(routes.PREVIOUS)
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            self.has_draft = await drafts.has_draft(transaction, user_id=caller.user_id)
            if not previous:
                self._open(TicketForm(), NEW, 0, None)
                return
            self.is_loaded = self.is_loaded and self.form.previousTicketId == previous
            ticket_id = http.parse_id(previous, tickets.TicketNotFoundError)
            page = await queries.load_resale_page(
                transaction, seller_id=caller.user_id, ticket_id=ticket_id
            )
        form = replace(TicketForm.from_ticket(page.ticket), previousTicketId=str(ticket_id))
        self._open(form, NEW, 0, page.price_hint)
        self.file_line = file_line(page.files, session.reader_now(self))

    @rx.event
    @guarded
    async def load_edit(self) -> None:
        """Open the form with the caller's own listing."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if not session.is_at(self, "ticket_id", self.form_id):
                self.is_loaded = False
            ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
            await channels.subscribe(self)
            page = await queries.load_edit_page(
                transaction, seller_id=caller.user_id, ticket_id=ticket_id
            )
        form = TicketForm.from_ticket(page.ticket)
        listing = page.listing
        version = listing.version if listing else page.ticket.version
        self._open(form, str(ticket_id), version, page.price_hint)
        if listing:
            self.listing_line = listing_line(listing)
            self.split = split_choice(listing)

    @rx.event
    @refreshing
    async def validate_draft(self, form: object, names: object) -> None:
        """Validate the fields of these `names`, and update the preview and the price hint."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            question, errors = self._preview(form)
            hint = await prices.find_price_hint(
                transaction, seller_id=caller.user_id, asked=question
            )
        self.price_hint = price_hint_line(hint)
        typed = [n for n in asdict(TicketForm()) if n in names] if isinstance(names, list) else []
        self.typed = {name: errors.get(name, "") for name in typed}

    def _preview(self, form: object) -> tuple[PriceQuestion, dict[str, str]]:
        """Show the valid fields as buyers will see them; return them for the price hint, and the errors."""
        values, errors = _validate(form, has_seats=self.form_id == NEW)
        invalid = set(errors)
        # A start is meaningless without its time zone.
        if START & invalid:
            invalid |= START
        valid = {name: text for name, text in values.items() if name not in invalid}
        fields = transactions.parse(TicketCreate, UNTITLED | valid)
        currency = get_settings().currency
        price = fields.price_cents if "price" in valid else None
        self.preview = preview(fields, currency, has_price=price is not None)
        self.amount_line = amount_line(price, currency)
        known = {name: valid[name] for name in ("title", "category", "city") if name in valid}
        return PriceQuestion(**known), errors

    @rx.event
    @guarded
    async def create(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Create a listing per seat. Idempotent: a second submit only redirects again."""
        caller = await session.require_caller(self)
        self.typed = {}
        listed = [
            transactions.parse(TicketCreate, values) for values in split_seats(read_form(form))
        ]
        if not self._created_href:
            async with transactions.transaction() as transaction:
                await sell.require_proof(transaction, caller=caller, listed=listed)
                made = await sell.sell_tickets(transaction, seller_id=caller.user_id, listed=listed)
            first, *more = made
            self._created_href = (
                routes.listed_tickets(len(made)) if more else routes.ticket_done(first.id, "listed")
            )
        return rx.redirect(self._created_href)

    @rx.event
    @guarded
    async def update(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Replace the listing, unless its description changed since the form was opened."""
        caller = await session.require_caller(self)
        self.typed = {}
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        try:
            async with transactions.transaction() as transaction:
                own = {"seller_id": caller.user_id, "ticket_id": ticket_id}
                await tickets.require_own_ticket(transaction, **own)
                # The form carries its version: the server may have lost the tab's state meanwhile.
                values = read_form(form) | {"version": form.get("version", self.version)}
                ticket = transactions.parse(TicketUpdate, values)
                await sell.update_ticket(transaction, **own, ticket=ticket)
        except tickets.StaleTicketError:
            self.is_stale = True
            raise
        return rx.redirect(routes.ticket_done(ticket_id, "saved"))

    @rx.event
    @guarded
    async def update_listing(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Change the price and the description of all unsold tickets of the listing."""
        caller = await session.require_caller(self)
        self.typed = {}
        ticket_id = session.route_id(self, "ticket_id", tickets.TicketNotFoundError)
        values = read_form(form)
        changes = {name: values.get(name) for name in ("price", "faceValue", "description")}
        changes |= read_split(form)
        try:
            await transactions.in_transaction(
                queries.update_listing_of,
                seller_id=caller.user_id,
                ticket_id=ticket_id,
                values=changes | {"version": form.get("version", self.version)},
            )
        except listings.StaleListingError:
            self.is_stale = True
            raise
        return rx.redirect(routes.ticket_done(ticket_id, "saved"))

    def _open(self, form: TicketForm, form_id: str, version: int, hint: PriceHint | None) -> None:
        self.form = form
        self.form_id = form_id
        self.version = version
        self.listing_line = ""
        self.file_line = ""
        self.typed = {}
        self.price_rule = price_rule_line(get_settings().currency)
        self._preview(asdict(form))
        self.price_hint = price_hint_line(hint)
        self.is_loaded = True
        self.is_stale = False
        self._created_href = ""


def _validate(form: object, *, has_seats: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the form's values, named as in the API, and the errors by field."""
    errors: dict[str, str] = {}
    try:
        values = read_form(form)
    except InvalidInputError as error:
        errors = _by_field(error)
        # The other fields can be validated without the start and its time zone.
        values = read_form({**form, "startsAt": ""}) if isinstance(form, dict) and errors else {}
    listed = [values]
    try:
        if has_seats:
            listed = split_seats(values)
    except InvalidInputError as error:
        errors |= _by_field(error)
    try:
        for each in listed:
            transactions.parse(TicketCreate, each)
    except InvalidInputError as error:
        errors = _by_field(error) | errors
    return values, errors


def _by_field(error: InvalidInputError) -> dict[str, str]:
    return {field: text for field, text in error.problems if field}
