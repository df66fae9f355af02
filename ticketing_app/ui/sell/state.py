"""State of the sell form in steps."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import http, limits
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.core.settings import get_settings
from ticketing_app.events.service.events import EventNotFoundError
from ticketing_app.tickets.service import drafts, promises
from ticketing_app.ui import session, transactions
from ticketing_app.ui.deliveries import badges
from ticketing_app.ui.listings.split import SplitChoice
from ticketing_app.ui.listings.views import price_rule_line
from ticketing_app.ui.live import channels
from ticketing_app.ui.sell import files, queries, views
from ticketing_app.ui.sell.files import FileLine
from ticketing_app.ui.sell.form import (
    SellForm,
    check_price,
    check_tickets,
    known_seats,
    read_edited,
    read_file_price,
    read_split,
    read_step,
    read_version,
)
from ticketing_app.ui.sell.promise import check_step, read_found, read_ids, read_link
from ticketing_app.ui.sell.queries import Draft, Suggestions
from ticketing_app.ui.sell.views import EventFacts, PlaceOption
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.tickets.views import TicketStub
from ticketing_app.ui.transactions import Session
from ticketing_app.vault.service import links
from ticketing_app.vault.service.claims import KnownTicketError

SEARCHED = frozenset({"name", "venue", "city"})
ANSWERS = frozenset({"split", "sideBySide"})


class SellState(PageState, rx.State):
    """The caller's draft, and the lines that a step shows beside its fields.

    `form` is the saved draft: the default of the inputs, which does not change a field with typed text.
    `opened` counts the drafts of other devices, which replace the fields.
    """

    form: SellForm = SellForm()
    version: int = 0
    opened: int = 0
    event: TicketStub = TicketStub()
    events: rx.Field[list[TicketStub]] = rx.field(default_factory=list)
    venues: rx.Field[list[PlaceOption]] = rx.field(default_factory=list)
    cities: rx.Field[list[PlaceOption]] = rx.field(default_factory=list)
    found_line: str = ""
    city_line: str = ""
    seats_line: str = ""
    named_seats: int = 0
    split: SplitChoice = SplitChoice()
    price_rule: str = ""
    currency: str = ""
    scale_line: str = ""
    total_line: str = ""
    stub: TicketStub = TicketStub()
    offer_line: str = ""
    terms: rx.Field[list[str]] = rx.field(default_factory=list)
    attached: rx.Field[list[FileLine]] = rx.field(default_factory=list)
    file_ids: rx.Field[list[str]] = rx.field(default_factory=list)
    # Facts that a file filled in before there was an event.
    found: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    event_day: str = ""
    face_line: str = ""
    badge: str = ""
    is_checked: bool = False
    promise: rx.Field[list[str]] = rx.field(default_factory=list)
    # The own listing that has the same ticket.
    known_href: str = ""
    typed: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _listed_href: str = ""

    @rx.var
    def shown_errors(self) -> dict[str, str]:
        """Errors of the last submit, replaced by those of fields edited since."""
        return {name: text for name, text in (self.errors | self.typed).items() if text}

    @rx.var
    def needs_city(self) -> bool:
        """Whether the venue is new."""
        return self.form.venueId == "" and self.form.venue.strip() != ""

    @rx.event
    @guarded
    async def load_event(self) -> None:
        """Open the step of the event."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await self._load_draft(transaction, caller)
            found = await queries.suggest(transaction, form=draft.form, names=SEARCHED)
        self._open(draft)
        self._suggest(found, SEARCHED)

    @rx.event
    @guarded
    async def load_tickets(self) -> rx.event.EventSpec | None:
        """Open the step of the tickets, for the event of the address or of the draft."""
        wanted = self.router.url.query_parameters.get(routes.EVENT, "")
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await self._load_draft(transaction, caller)
            if wanted:
                event_id = http.parse_id(wanted, EventNotFoundError)
                facts = await queries.get_facts(transaction, event_id=event_id)
                # Saved with the first field that is typed, or with Next.
                draft = replace(draft, form=replace(draft.form, eventId=str(event_id)))
            else:
                facts = await queries.find_facts(transaction, draft.form)
        if facts is None:
            return rx.redirect(routes.SELL)
        self._open(draft, facts)
        return None

    @rx.event
    @guarded
    async def load_price(self) -> rx.event.EventSpec | None:
        """Open the step of the price, unless an earlier step is incomplete."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await self._load_draft(transaction, caller)
            facts = await queries.find_facts(transaction, draft.form)
            if facts is None:
                return rx.redirect(routes.SELL)
            found = await queries.load_prices(
                transaction, seller_id=caller.user_id, form=draft.form, facts=facts
            )
        if check_step(draft.form, facts):
            return rx.redirect(routes.SELL_TICKETS)
        self._open(draft, facts)
        self.scale_line = views.scale_line(found, get_settings().currency)
        return None

    @rx.event
    @guarded
    async def load_look(self) -> rx.event.EventSpec | None:
        """Show the offer as buyers see it, unless a step is incomplete."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await self._load_draft(transaction, caller)
            facts = await queries.find_facts(transaction, draft.form)
        if facts is None:
            return rx.redirect(routes.SELL)
        if check_step(draft.form, facts):
            return rx.redirect(routes.SELL_TICKETS)
        if check_price(draft.form):
            return rx.redirect(routes.SELL_PRICE)
        self._open(draft, facts)
        self._show_offer(facts)
        return None

    @rx.event
    @refreshing
    async def type_name(self, form: object, names: object) -> None:
        """Save the event typed on the page before the steps, and find it."""
        await self._save(read_step(form, "find"), names)

    @rx.event
    @refreshing
    async def type_event(self, form: object, names: object) -> None:
        """Save the event as typed, and find events, venues and cities."""
        await self._save(read_step(form, "event"), names)

    @rx.event
    @refreshing
    async def type_tickets(self, form: object, names: object) -> None:
        """Save the tickets as typed, and read their seats."""
        fields = self._read_tickets(form)
        # An untouched default is not an answer: it may change with the number of tickets.
        for name in ANSWERS - set(read_edited(names, ANSWERS)):
            del fields[name]
        if read_edited(names, ("seats", "quantity")) == ["seats"] and fields["seats"].strip():
            # The number was counted, not chosen: it follows the seats.
            fields["quantity"] = ""
        edited = await self._save(fields, names)
        problems = check_tickets(self.form)
        self.typed = {name: problems.get(name, "") for name in edited}

    @rx.event
    @refreshing
    async def type_price(self, form: object, names: object) -> None:
        """Save the price as typed, and show the sum that it makes."""
        edited = await self._save(read_step(form, "price"), names)
        problems = check_price(self.form)
        self.typed = {name: problems.get(name, "") for name in edited}

    @rx.event
    @guarded
    async def submit_event(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Save a new event and go on to its tickets."""
        changes = read_step(form, "event") | {"eventId": ""}
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await queries.save_draft(transaction, user_id=caller.user_id, changes=changes)
            problems = await queries.check_event(transaction, draft.form)
        return self._go_on(draft, problems, routes.SELL_TICKETS)

    @rx.event
    @guarded
    async def submit_tickets(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Save the tickets and go on to their price."""
        changes = self._read_tickets(form) | await self._keep_link(form)
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await queries.save_draft(transaction, user_id=caller.user_id, changes=changes)
            facts = await queries.find_facts(transaction, draft.form)
        return self._go_on(draft, check_step(draft.form, facts), routes.SELL_PRICE)

    async def _keep_link(self, form: object) -> dict[str, str]:
        """Keep the link of a ticket, which is a secret, and save only its file in the draft."""
        link = read_link(form)
        if not link:
            return {}
        caller = await session.require_caller(self)
        await limits.check("uploads", account=caller.user_id)
        try:
            file_id = await links.take(transactions.transaction, owner_id=caller.user_id, link=link)
        except InvalidInputError as error:
            raise InvalidInputError([("link", error.message)]) from None
        return {"files": str(file_id)}

    @rx.event
    @guarded
    async def start_with_files(self, ids: object, price: object, found: object) -> None:
        """Attach uploads before there is an event, and fill in their facts."""
        read = read_found(found)
        draft = await self._change(
            queries.start_with_files,
            ids=read_ids(ids),
            price=read_file_price(price),
            found=read,
            earlier=self.found,
        )
        self.found = {
            name: text for name, text in read.items() if getattr(draft.form, name) == text
        }

    @rx.event
    @guarded
    async def undo_found(self) -> None:
        """Clear the facts that the files filled in."""
        await self._change(queries.undo_found, found=self.found)
        self.found = {}

    @rx.event
    @guarded
    async def add_files(self, ids: object, price: object) -> None:
        """Attach uploads of the seller; `price` is the one that they say."""
        await self._change(queries.add_files, ids=read_ids(ids), price=read_file_price(price))
        self.typed = {}

    @rx.event
    @guarded
    async def remove_file(self, file_id: str) -> None:
        """Detach an upload."""
        await self._change(queries.remove_file, file_id=str(file_id))

    @rx.event
    @guarded
    async def submit_price(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """Save the price and go on to the look of the offer."""
        draft = await self._change(queries.save_draft, changes=read_step(form, "price"))
        return self._go_on(draft, check_price(draft.form), routes.SELL_LOOK)

    @rx.event
    @guarded
    async def list_for_sale(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """List the draft as it was shown. Idempotent: a second press only redirects again."""
        caller = await session.require_caller(self)
        self.known_href = ""
        if not self._listed_href:
            try:
                listed = await transactions.in_transaction(
                    queries.list_draft,
                    caller=caller,
                    # The form carries it: the server may have lost the tab's state meanwhile.
                    version=read_version(form),
                )
            except KnownTicketError as error:
                await self._show_known(error)
                raise
            self._listed_href = routes.event_listed(listed.slug, listed.tickets)
            self._show(Draft(SellForm(), 0))
        return rx.redirect(self._listed_href)

    async def _show_known(self, error: KnownTicketError) -> None:
        if error.known_file_id is None:
            return
        ticket_id = await transactions.in_transaction(
            promises.find_offered, file_id=error.known_file_id
        )
        self.known_href = routes.ticket_detail(ticket_id) if ticket_id else ""

    @rx.event
    @guarded
    async def start_over(self) -> rx.event.EventSpec:
        """Delete the draft."""
        caller = await session.require_caller(self)
        await transactions.in_transaction(drafts.delete_draft, user_id=caller.user_id)
        self.reset()
        return rx.redirect(routes.TICKET_NEW)

    async def _load_draft(self, transaction: Session, caller: Caller) -> Draft:
        await channels.subscribe(self)
        self._listed_href = ""
        self.typed = {}
        self.currency = get_settings().currency.upper()
        self.price_rule = price_rule_line(self.currency)
        return await queries.load_draft(transaction, user_id=caller.user_id)

    def _read_tickets(self, form: object) -> dict[str, str]:
        """Return the fields of the tickets; a form that was not loaded yet does not know its event."""
        fields = read_step(form, "tickets")
        event_id = self.router.url.query_parameters.get(routes.EVENT) or fields.pop("eventId")
        return fields | ({"eventId": event_id} if event_id else {})

    async def _change(self, change: Callable[..., Awaitable[Draft]], **arguments: Any) -> Draft:  # noqa: ANN401  # those of `change`
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await change(transaction, user_id=caller.user_id, **arguments)
        self._show(draft)
        return draft

    async def _save(self, changes: dict[str, str], names: object) -> list[str]:
        """Save the draft and search by its edited words; return the names of the edited fields."""
        edited = read_edited(names, changes)
        searched = SEARCHED.intersection(edited)
        if searched and not await limits.allows("searches"):
            searched = frozenset()
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            draft = await queries.save_draft(transaction, user_id=caller.user_id, changes=changes)
            found = await queries.suggest(transaction, form=draft.form, names=searched)
        self._show(draft)
        self._suggest(found, searched)
        self.typed = dict.fromkeys(edited, "")
        return edited

    def _go_on(self, draft: Draft, problems: dict[str, str], href: str) -> rx.event.EventSpec:
        self._show(draft)
        self.typed = {}
        if problems:
            raise InvalidInputError(list(problems.items()))
        return rx.redirect(href)

    def _open(self, draft: Draft, facts: EventFacts | None = None) -> None:
        # If the server lost the tab's state, the fields still have their text.
        if self.is_loaded and draft.form != self.form:
            self.opened += 1
        self._show(draft, facts)

    def _show(self, draft: Draft, facts: EventFacts | None = None) -> None:
        self.form = draft.form
        self.version = draft.version
        if facts:
            self.event = views.event_stub(facts)
            self.event_day = facts.starts_local.date().isoformat()
            promised = files.promised(draft.form, facts, draft.files)
            self.badge = badges.badge(promised)
            self.is_checked = badges.is_checked(promised)
            self.promise = badges.promise_lines(promised)
        self.attached = files.file_lines(draft.files, draft.form)
        self.file_ids = [line.id for line in self.attached]
        self.face_line = files.face_line(draft.form)
        seats = known_seats(draft.form)
        self.named_seats = len(seats) if draft.form.seats.strip() else len(draft.files)
        self.split = read_split(draft.form)
        self.seats_line = views.named_line(draft.form)
        self.total_line = views.total_line(draft.form, get_settings().currency)
        self.is_loaded = True

    def _show_offer(self, facts: EventFacts) -> None:
        settings = get_settings()
        self.stub = views.offered_stub(facts, self.form, settings.currency)
        self.offer_line = views.offer_line(self.form, settings.currency)
        self.terms = views.terms(
            self.form, settings.currency, hold_minutes=round(settings.order_hold_seconds / 60)
        )

    def _suggest(self, found: Suggestions, names: frozenset[str]) -> None:
        if "name" in names:
            self.events = views.event_options(found.events)
            self.found_line = views.found_line(len(found.events), self.form.name)
        if "venue" in names:
            self.venues = views.venue_options(found.venues, self.form.venueId)
        if "city" in names:
            self.cities = views.city_options(found.cities, self.form.cityId)
            self.city_line = views.city_line(len(found.cities), self.form.city)
