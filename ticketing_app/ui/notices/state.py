"""States of the pages of notices."""

import reflex as rx

from ticketing_app.core import http
from ticketing_app.core.formatting import use_zone
from ticketing_app.core.paging import DEFAULT_LIMIT
from ticketing_app.notices.schemas import PushSubscriptionCreate
from ticketing_app.notices.service import choices, push, reading
from ticketing_app.ui import session, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.notices.views import SAVED, ChoiceRow, NoticeRow
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.shell.rows import MAX_ROWS


class NoticeListState(PageState, rx.State):
    """The caller's notices, newest first."""

    rows: rx.Field[list[NoticeRow]] = rx.field(default_factory=list)
    has_more: bool = False
    _limit: int = DEFAULT_LIMIT

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the newest notices, as many as were shown before."""
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a change."""
        await self._read()

    @rx.event
    @guarded
    async def load_more(self) -> None:
        """Show older notices too, up to MAX_ROWS."""
        self._limit = min(self._limit + DEFAULT_LIMIT, MAX_ROWS)
        await self._read()

    @rx.event
    @guarded
    async def open(self, notice_id: str) -> None:
        """Mark a notice as read; its link leads to the subject."""
        caller = await session.require_caller(self)
        own_id = http.parse_id(notice_id, reading.NoticeNotFoundError)
        await transactions.in_transaction(
            reading.mark_read, user_id=caller.user_id, notice_id=own_id
        )

    @rx.event
    @guarded
    async def mark_all_read(self) -> None:
        """Mark all notices up to the newest shown one as read."""
        caller = await session.require_caller(self)
        if self.rows:
            up_to = http.parse_id(self.rows[0].id, reading.NoticeNotFoundError)
            await transactions.in_transaction(
                reading.mark_read_up_to, user_id=caller.user_id, up_to=up_to
            )
        await self._read()

    async def _read(self) -> None:
        now = session.reader_now(self)
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            with use_zone(now.tzinfo):
                page = await reading.list_notices(
                    transaction, user_id=caller.user_id, limit=self._limit
                )
        self.rows = [NoticeRow.from_notice(notice, now) for notice in page.items]
        self.has_more = page.next_cursor is not None and self._limit < MAX_ROWS
        self.is_loaded = True


class NoticeChoiceState(PageState, rx.State):
    """The channels of the caller's notices."""

    rows: rx.Field[list[ChoiceRow]] = rx.field(default_factory=list)
    note: str = ""

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the choices and, after their form, that they are saved."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            found = await choices.list_choices(transaction, user_id=caller.user_id)
            page = await self.get_state(PushState)
            page.public_key = push.public_key()
            page.is_on = await push.is_subscribed(transaction, caller=caller)
        self.rows = [ChoiceRow.from_choice(choice) for choice in found]
        is_saved = self.router.url.query_parameters.get("changed", "") == "notices"
        self.note = SAVED if is_saved else ""
        self.is_loaded = True


class PushState(PageState, rx.State):
    """Whether the caller's browser gets notices when no page is open."""

    # Empty if it is not offered.
    public_key: str = ""
    is_on: bool = False

    @rx.event
    @guarded
    async def subscribe(self, given: dict[str, str]) -> None:
        """Send notices to this browser from now on."""
        caller = await session.require_caller(self)
        subscription = transactions.parse(PushSubscriptionCreate, given)
        await transactions.in_transaction(push.subscribe, caller=caller, subscription=subscription)
        self.is_on = True

    @rx.event
    @guarded
    async def unsubscribe(self) -> None:
        """Send no more notices to this browser."""
        caller = await session.require_caller(self)
        await transactions.in_transaction(push.unsubscribe, caller=caller)
        self.is_on = False
