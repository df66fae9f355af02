"""States of the order pages."""

import reflex as rx
from typing_extensions import override

from ticketing_app.core.paging import DEFAULT_LIMIT
from ticketing_app.notices.service import push
from ticketing_app.orders.service import release
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.tickets.rules import seats_line
from ticketing_app.ui import session, transactions
from ticketing_app.ui.deliveries import views as deliveries
from ticketing_app.ui.deliveries.badges import PromiseView
from ticketing_app.ui.deliveries.sending_state import SendingState
from ticketing_app.ui.deliveries.sending_views import SendingView
from ticketing_app.ui.deliveries.state import DeliveryState
from ticketing_app.ui.deliveries.views import ProgressStep
from ticketing_app.ui.gifts.state import show_gifts
from ticketing_app.ui.live import channels
from ticketing_app.ui.notices.state import PushState
from ticketing_app.ui.orders import groups, queries
from ticketing_app.ui.orders.groups import OrderGroup
from ticketing_app.ui.orders.items import OrderItemView, item_views
from ticketing_app.ui.orders.queries import OrderDetailPage
from ticketing_app.ui.orders.timeline import TimelineEntry, timeline
from ticketing_app.ui.orders.views import OrderView, tickets_of
from ticketing_app.ui.purchases.state import PurchaseState
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS
from ticketing_app.ui.tickets.views import TicketStub


class OrderDetailState(PurchaseState, SendingState, rx.State):
    """The caller's order: a hold with its countdown, or its outcome."""

    order: OrderView = OrderView()
    stub: TicketStub = TicketStub()
    promise: PromiseView = PromiseView()
    items: rx.Field[list[OrderItemView]] = rx.field(default_factory=list)
    timeline: rx.Field[list[TimelineEntry]] = rx.field(default_factory=list)
    progress: rx.Field[list[ProgressStep]] = rx.field(default_factory=list)
    is_just_paid: bool = False

    @rx.event
    @guarded
    async def load(self) -> None:
        self.paused_key = ""
        # A new page would load the codes again, for which the proof may be too old.
        (await self.get_state(DeliveryState)).shown_id = ""
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a change."""
        await self._read()

    @override
    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if not session.is_at(self, "order_id", self.order.id):
                self.is_loaded = False
                self.is_just_paid = False
            order_id = session.route_id(self, "order_id", OrderNotFoundError)
            await channels.subscribe(self, channels.user_channel(caller.user_id))
            page = await queries.load_order_page(
                transaction, buyer_id=caller.user_id, order_id=order_id
            )
        self._show(page)
        await self._show_delivery(page)
        self.sending = SendingView.of(
            page.order, page.delivery, page.sending, session.reader_now(self)
        )
        if self.order.is_paid:
            (await self.get_state(PushState)).public_key = push.public_key()

    def _show(self, page: OrderDetailPage) -> None:
        now = session.reader_now(self)
        was_paid = self.order.is_paid
        self.order = OrderView.from_order(page.order, now, page.event, page.again, page.delivery)
        if self.is_loaded and self.order.is_paid and not was_paid:
            self.is_just_paid = True
        self.timeline = timeline(page.order, page.declines, now, page.delivery)
        is_here = deliveries.is_here(page.delivery)
        self.items = item_views(
            page.order, page.tickets, page.relistable_ids, now, page.used_ids, is_here=is_here
        )
        self.stub = self.items[0].stub
        self.promise = PromiseView.of(page.tickets[page.order.ticket.id].delivery)
        starts_at = page.tickets[page.order.ticket.id].starts_at
        self.progress = deliveries.progress(page.delivery, starts_at, now)
        self.is_loaded = True

    async def _show_delivery(self, page: OrderDetailPage) -> None:
        tickets = {ticket.id: ticket for ticket in tickets_of(page.order)}
        shown = await self.get_state(DeliveryState)
        shown.delivery = deliveries.delivery_view(page.delivery, tickets, page.given)
        seats = {ticket_id: seats_line([ticket]) for ticket_id, ticket in tickets.items()}
        await show_gifts(self, page.given, seats, session.reader_now(self))

    @rx.event
    @guarded
    async def release(self) -> None:
        """Cancel the order; its ticket unlocks at once."""
        caller = await session.require_caller(self)
        order_id = session.route_id(self, "order_id", OrderNotFoundError)
        await transactions.in_transaction(
            release.cancel_order, buyer_id=caller.user_id, order_id=order_id
        )
        await self._read()


class OrderListState(PageState, rx.State):
    """The caller's orders, grouped by event."""

    to_pay: rx.Field[list[OrderGroup]] = rx.field(default_factory=list)
    upcoming: rx.Field[list[OrderGroup]] = rx.field(default_factory=list)
    past: rx.Field[list[OrderGroup]] = rx.field(default_factory=list)
    section: str = ""
    has_sections: bool = False
    pay_deadline: str = ""
    # Orders whose tickets this device keeps for the entrance.
    kept: rx.Field[list[str]] = rx.field(default_factory=list)
    now: str = ""
    has_more: bool = False
    _limit: int = DEFAULT_LIMIT

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the newest orders, as many as were shown before."""
        await self._read()

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Show older orders too, up to MAX_ROWS."""
        self._limit = min(self._limit + DEFAULT_LIMIT, MAX_ROWS)
        await self._read()

    @rx.event
    async def choose(self, section: str) -> None:
        """Show another section."""
        if section in groups.SECTIONS:
            self.section = section

    async def _read(self) -> None:
        # Groups reach across pages, so all shown orders are read again.
        limit = self._limit
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self, channels.user_channel(caller.user_id))
            page = await queries.load_order_list_page(
                transaction, buyer_id=caller.user_id, limit=limit
            )
        now = session.reader_now(self)
        sections = groups.group(page.orders, page.known, now)
        self.section = groups.shown_section(sections, self.section)
        self.has_sections = sum(map(bool, sections.values())) > 1
        self.pay_deadline = groups.first_deadline(sections[groups.TO_PAY])
        self.now = now.isoformat()
        self.to_pay = sections[groups.TO_PAY]
        self.upcoming = sections[groups.UPCOMING]
        self.past = sections[groups.PAST]
        self.kept = groups.kept_orders(self.upcoming, page.known, now)
        self.has_more = page.has_more and limit < MAX_ROWS
        self.is_loaded = True
