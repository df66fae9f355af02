"""States of the account pages. Passwords go from their forms to the REST API only."""

import reflex as rx

from ticketing_app.accounts import auth
from ticketing_app.accounts.service import passkeys, sessions
from ticketing_app.core import http
from ticketing_app.core.settings import get_settings
from ticketing_app.ui import session, transactions
from ticketing_app.ui.accounts import queries
from ticketing_app.ui.accounts.views import (
    CHANGE_MAILED,
    ENDED_ONE,
    ENDED_OTHERS,
    NOTES,
    PASSKEY_REMOVED,
    PasskeyRow,
    SessionRow,
)
from ticketing_app.ui.live import channels
from ticketing_app.ui.session import PageState, guarded


class ProfileState(PageState, rx.State):
    note: str = ""
    is_confirmed: bool = False
    can_confirm: bool = False

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show, after a form of this page, its outcome."""
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            page = await queries.load_profile_page(transaction, caller=caller)
        self.is_confirmed = page.is_confirmed
        self.can_confirm = get_settings().has_mail and not page.is_confirmed
        self.note = _note(self)
        if self.note == NOTES["email"] and page.is_confirmed:
            self.note = CHANGE_MAILED
        self.is_loaded = True


class SecurityState(PageState, rx.State):
    """The passkeys and open sessions of the caller."""

    rows: rx.Field[list[SessionRow]] = rx.field(default_factory=list)
    passkeys: rx.Field[list[PasskeyRow]] = rx.field(default_factory=list)
    # Of this session, as the name of a new passkey.
    device: str = ""
    note: str = ""

    @rx.var
    def has_others(self) -> bool:
        return len(self.rows) > 1

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the open sessions and, after a form of this page, its outcome."""
        await self._read()
        self.note = _note(self)

    @rx.event
    @guarded
    async def end(self, session_id: str) -> None:
        """End one session of the caller."""
        caller = await session.require_caller(self)
        own_id = http.parse_id(session_id, sessions.SessionNotFoundError)
        if own_id != caller.session_id:
            await session.require_proof(caller)
        await transactions.in_transaction(auth.end_own_session, caller=caller, session_id=own_id)
        # Redirects to sign-in if the caller ended their own session.
        await self._read()
        self.note = ENDED_ONE

    @rx.event
    @guarded
    async def end_others(self) -> None:
        """End all sessions of the caller but this one."""
        caller = await session.require_caller(self)
        await session.require_proof(caller)
        await transactions.in_transaction(auth.end_sessions, caller=caller)
        await self._read()
        self.note = ENDED_OTHERS

    @rx.event
    @guarded
    async def remove_passkey(self, passkey_id: str) -> None:
        """Remove a passkey of the caller."""
        caller = await session.require_caller(self)
        own_id = http.parse_id(passkey_id, passkeys.PasskeyNotFoundError)
        await transactions.in_transaction(passkeys.remove_passkey, caller=caller, passkey_id=own_id)
        await self._read()
        self.note = PASSKEY_REMOVED

    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            found = await sessions.list_sessions(transaction, caller=caller)
            own_passkeys = await passkeys.list_passkeys(transaction, caller=caller)
        now = session.reader_now(self)
        self.rows = [SessionRow.from_session(row, now) for row in found]
        self.passkeys = [PasskeyRow.from_passkey(row, now) for row in own_passkeys]
        self.device = next((row.device for row in self.rows if row.is_current), "")
        self.is_loaded = True


def _note(state: rx.State) -> str:
    return NOTES.get(state.router.url.query_parameters.get("changed", ""), "")
