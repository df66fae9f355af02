"""States of gifts: the page of one, and the part of a page that gives its tickets away."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import reflex as rx

from ticketing_app.core import http
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.schemas import GiftCreate, GiftRead, ItemTicket, TicketGift
from ticketing_app.orders.service import gifts
from ticketing_app.orders.service.gifts import FileNotFoundForGiftError, GiftNotFoundError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.deliveries.state import DeliveryState
from ticketing_app.ui.deliveries.views import delivery_view
from ticketing_app.ui.gifts import queries
from ticketing_app.ui.gifts.queries import GiftPage
from ticketing_app.ui.gifts.views import GiftLine, GiftView, gift_lines
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.tickets.views import TicketStub


class GivingState(PageState, rx.State):
    """The caller's tickets on the shown page, and their gifts."""

    lines: rx.Field[list[GiftLine]] = rx.field(default_factory=list)

    @rx.event
    @guarded
    async def offer(self, form: dict[str, Any]) -> None:
        """Offer a ticket to the address of a friend."""
        caller = await session.require_caller(self)
        file_id = http.parse_id(str(form.get("file", "")), FileNotFoundForGiftError)
        friend = transactions.parse(GiftCreate, {"email": form.get("email") or ""})
        await transactions.in_transaction(
            gifts.offer_gift, from_id=caller.user_id, file_id=file_id, email=friend.email
        )
        await self._read(caller.user_id)

    @rx.event
    @guarded
    async def withdraw(self, gift_id: str) -> None:
        """Take an offer back."""
        caller = await session.require_caller(self)
        own_id = http.parse_id(gift_id, GiftNotFoundError)
        await transactions.in_transaction(
            gifts.withdraw_gift, gift_id=own_id, user_id=caller.user_id
        )
        await self._read(caller.user_id)

    async def _read(self, viewer_id: UUID) -> None:
        seats = {UUID(line.ticket_id): line.seat for line in self.lines}
        found = await transactions.in_transaction(
            gifts.list_of_tickets, viewer_id=viewer_id, ticket_ids=list(seats)
        )
        self.lines = gift_lines(found, seats, session.reader_now(self))


async def show_gifts(
    page: rx.State, found: Sequence[TicketGift], seats: Mapping[UUID, str], now: datetime
) -> None:
    """Show these tickets in the part of the page that gives them away; `seats` by ticket.

    None without mail, which friends need.
    """
    giving = await page.get_state(GivingState)
    giving.lines = gift_lines(found, seats, now) if get_settings().has_mail else []
    giving.error_message = ""
    giving.errors = {}


class GiftState(PageState, rx.State):
    """A gift for its giver or its receiver."""

    gift: GiftView = GiftView()
    stub: TicketStub = TicketStub()

    @rx.event
    @guarded
    async def load(self) -> None:
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a change."""
        await self._read()

    @rx.event
    @guarded
    async def take(self) -> None:
        """Take the ticket."""
        await self._end(gifts.take_gift)

    @rx.event
    @guarded
    async def decline(self) -> None:
        """Refuse the ticket."""
        await self._end(gifts.decline_gift)

    @rx.event
    @guarded
    async def withdraw(self) -> None:
        """Take the offer back."""
        await self._end(gifts.withdraw_gift)

    async def _end(self, use_case: Callable[..., Awaitable[GiftRead]]) -> None:
        caller = await session.require_caller(self)
        gift_id = session.route_id(self, "gift_id", GiftNotFoundError)
        await transactions.in_transaction(use_case, gift_id=gift_id, user_id=caller.user_id)
        await self._read()

    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if not session.is_at(self, "gift_id", self.gift.id):
                self.is_loaded = False
            gift_id = session.route_id(self, "gift_id", GiftNotFoundError)
            await channels.subscribe(self, channels.user_channel(caller.user_id))
            page = await queries.load_gift_page(
                transaction, gift_id=gift_id, viewer_id=caller.user_id
            )
        await self._show(page)

    async def _show(self, page: GiftPage) -> None:
        now = session.reader_now(self)
        self.gift = GiftView.from_page(page, now)
        self.stub = TicketStub.from_ticket(page.gift.ticket)
        await show_gifts(self, page.onward, {}, now)
        own = ItemTicket.model_validate(page.gift.ticket.model_dump(by_alias=False))
        shown = await self.get_state(DeliveryState)
        shown.delivery = delivery_view(page.delivery, {own.id: own}, page.onward)
        self.is_loaded = True
