"""States of the order pages."""

from uuid import UUID

import reflex as rx

from ticketing_app import routes
from ticketing_app.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ticketing_app.orders.rules import PAID
from ticketing_app.orders.schemas import OrderPage
from ticketing_app.orders.service import queries, release, sell
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.payments.service import queries as payments
from ticketing_app.tickets.service import tickets
from ticketing_app.ui import session, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.orders.views import OrderRow, OrderView, TimelineEntry, stub, timeline
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketStub


class OrderDetailState(PageState, rx.State):
    """One's own order: the hold with its countdown, or what became of it."""

    order: OrderView = OrderView()
    stub: TicketStub = TicketStub()
    timeline: rx.Field[list[TimelineEntry]] = rx.field(default_factory=list)
    resale_href: str = ""
    is_just_paid: bool = False
    is_asking: bool = False

    @rx.var
    def offers_pay(self) -> bool:
        """Whether Pay stands there: not beside the question whether to let go."""
        return self.order.can_pay and not self.is_asking

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the order as it is now."""
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Take in a change, beside what the last action was told."""
        await self._read()

    async def _read(self) -> None:
        caller = await session.require_caller(self)
        if not session.is_at(self, "order_id", self.order.id):
            self.is_loaded = self.is_just_paid = self.is_asking = False
        order_id = session.route_id(self, "order_id", OrderNotFoundError)
        await channels.subscribe(self, channels.user_channel(caller.user_id))
        order = await transactions.in_transaction(
            queries.get_order, buyer_id=caller.user_id, order_id=order_id
        )
        ticket = await transactions.in_transaction(
            tickets.get_ticket, ticket_id=order.ticket.id, viewer_id=caller.user_id
        )
        declines = await transactions.in_transaction(
            payments.list_declines, buyer_id=caller.user_id, order_id=order_id
        )
        is_relistable = await transactions.in_transaction(
            sell.list_relistable, owner_id=caller.user_id, ticket_ids=[ticket.id]
        )
        self.resale_href = routes.ticket_resale(ticket.id) if is_relistable else ""
        now = session.reader_now(self)
        before, self.order = self.order, OrderView.from_order(order, now)
        self.is_just_paid = self.is_just_paid or (
            self.is_loaded and self.order.is_paid and not before.is_paid
        )
        self.timeline = timeline(order, declines, now)
        self.stub, self.is_loaded = stub(order, ticket), True

    @rx.event
    def ask_release(self) -> None:
        """Ask before somebody else may take the ticket."""
        self.is_asking = True

    @rx.event
    def keep(self) -> None:
        """Keep the hold."""
        self.is_asking = False

    @rx.event
    @guarded
    async def release(self) -> None:
        """Let go of the ticket; it unlocks at once."""
        caller = await session.require_caller(self)
        order_id = session.route_id(self, "order_id", OrderNotFoundError)
        self.is_asking = False
        await transactions.in_transaction(
            release.cancel_order, buyer_id=caller.user_id, order_id=order_id
        )
        await self._read()


class OrderListState(PageState, rx.State):
    """One's own orders."""

    rows: rx.Field[list[OrderRow]] = rx.field(default_factory=list)
    has_more: bool = False
    _cursor: str | None = None

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show as many as are shown, at least a page."""
        caller = await session.require_caller(self)
        await channels.subscribe(self, channels.user_channel(caller.user_id))
        limit = min(max(len(self.rows), DEFAULT_LIMIT), MAX_LIMIT)
        page = await transactions.in_transaction(
            queries.list_orders, buyer_id=caller.user_id, limit=limit
        )
        self.rows = []
        await self._append(page, caller.user_id)

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Append the next page."""
        caller = await session.require_caller(self)
        if self._cursor is None:
            return
        page = await transactions.in_transaction(
            queries.list_orders, buyer_id=caller.user_id, limit=DEFAULT_LIMIT, cursor=self._cursor
        )
        await self._append(page, caller.user_id)

    async def _append(self, page: OrderPage, buyer_id: UUID) -> None:
        now, paid = (
            session.reader_now(self),
            [order.ticket.id for order in page.items if order.status in PAID],
        )
        relistable = await transactions.in_transaction(
            sell.list_relistable, owner_id=buyer_id, ticket_ids=paid
        )
        rows = (
            OrderRow.from_order(
                order, now, can_resell=order.status in PAID and order.ticket.id in relistable
            )
            for order in page.items
        )
        # The newest ones leave the list before it gets too long; loading it shows them again.
        self.rows = [*self.rows, *rows][-MAX_ROWS:]
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.is_loaded = True
