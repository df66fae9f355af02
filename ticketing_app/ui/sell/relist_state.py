"""State of the form that sells tickets of a paid order again."""

from typing import Any

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.tickets.rules import Place
from ticketing_app.ui import session, transactions
from ticketing_app.ui.listings.split import SplitChoice
from ticketing_app.ui.listings.views import file_line, price_input, price_rule_line
from ticketing_app.ui.live import channels
from ticketing_app.ui.sell import queries, relist, views
from ticketing_app.ui.sell.form import SellForm
from ticketing_app.ui.sell.queries import RelistPage
from ticketing_app.ui.sell.relist import BoughtSeat, RelistForm
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.tickets.views import TicketStub


class RelistState(PageState, rx.State):
    """Tickets of the caller's order, to choose from."""

    shown_id: str = ""
    stub: TicketStub = TicketStub()
    seats: rx.Field[list[BoughtSeat]] = rx.field(default_factory=list)
    left_out: rx.Field[list[str]] = rx.field(default_factory=list)
    price: str = ""
    description: str = ""
    split: SplitChoice = SplitChoice()
    price_rule: str = ""
    total_line: str = ""
    file_line: str = ""
    typed: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _places: dict[str, Place] = {}  # noqa: RUF012  # Reflex copies defaults.
    _listed_href: str = ""

    @rx.var
    def shown_errors(self) -> dict[str, str]:
        """Errors of the last submit, replaced by those of fields edited since."""
        return {name: text for name, text in (self.errors | self.typed).items() if text}

    @rx.event
    @guarded
    async def load(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if not session.is_at(self, "order_id", self.shown_id):
                self.is_loaded = False
            order_id = session.route_id(self, "order_id", OrderNotFoundError)
            await channels.subscribe(self)
            page = await queries.load_relist_page(
                transaction, owner_id=caller.user_id, order_id=order_id
            )
        self._open(page, str(order_id))

    def _open(self, page: RelistPage, order_id: str) -> None:
        self.shown_id = order_id
        self.stub = (
            views.event_stub(page.facts) if page.facts else TicketStub.from_ticket(page.first)
        )
        self.seats = [BoughtSeat.from_ticket(ticket) for ticket in page.tickets]
        self.left_out = [relist.left_out_line(*each) for each in page.left_out]
        self.price = price_input(page.first.price_cents)
        self.description = page.first.description or ""
        self.price_rule = price_rule_line(get_settings().currency)
        self.file_line = file_line(page.files, session.reader_now(self))
        self._places = {str(ticket.id): relist.place_of(ticket) for ticket in page.tickets}
        self.typed = {}
        self._listed_href = ""
        self._count(RelistForm(frozenset(self._places), self.price))
        self.is_loaded = True

    @rx.event
    @refreshing
    async def type_form(self, form: object, names: object) -> None:
        """Show the sum, the questions and the problems of what was typed."""
        await session.require_caller(self)
        read = relist.read_form(form)
        edited = (
            set(names)
            if isinstance(names, list) and all(isinstance(n, str) for n in names)
            else set()
        )
        self._count(relist.without_defaults(read, edited))
        problems = relist.check(read, self.split)
        self.typed = {name: problems.get(name, "") for name in relist.fields_of(edited)}

    def _count(self, form: RelistForm) -> None:
        self.split = relist.split_of(self._places, form)
        sums = SellForm(price=form.price, quantity=f"{len(form.ticket_ids)}")
        self.total_line = views.total_line(sums, get_settings().currency)

    @rx.event
    @guarded
    async def list_again(self, form: dict[str, Any]) -> rx.event.EventSpec:
        """List the chosen tickets. Idempotent: a second press only redirects again."""
        caller = await session.require_caller(self)
        order_id = session.route_id(self, "order_id", OrderNotFoundError)
        self.typed = {}
        if not self._listed_href:
            made = await transactions.in_transaction(
                queries.relist,
                caller=caller,
                order_id=order_id,
                form=relist.read_form(form),
            )
            self._listed_href = (
                routes.event_listed(made.slug, len(made.listing.seats))
                if made.slug
                else routes.ticket_done(made.listing.seats[0].ticket_id, "listed")
            )
        return rx.redirect(self._listed_href)
