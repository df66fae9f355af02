"""State of the page of one's data."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.core import http
from ticketing_app.privacy.service.export import ExportNotFoundError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.privacy import queries
from ticketing_app.ui.privacy.views import NOTES, ExportRow, coming_line
from ticketing_app.ui.session import PageState, guarded, refreshing


class OwnDataState(PageState, rx.State):
    """The exports of the caller, and what keeps the account."""

    exports: rx.Field[list[ExportRow]] = rx.field(default_factory=list)
    reasons: rx.Field[list[str]] = rx.field(default_factory=list)
    coming: str = ""
    note: str = ""

    @rx.event
    @guarded
    async def load(self) -> None:
        """Show the exports and, after the form of this page, its outcome."""
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a notice: an export may be ready."""
        await self._read()

    @rx.event
    @guarded
    async def download(self, export_id: str) -> rx.event.EventSpec:
        """Start the download, which the browser makes with its cookie."""
        await session.require_proof(await session.require_caller(self))
        own_id = http.parse_id(export_id, ExportNotFoundError)
        return rx.redirect(routes.export_file(own_id), is_external=True)

    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            await channels.subscribe(self)
            page = await queries.load_data_page(transaction, user_id=caller.user_id)
        now = session.reader_now(self)
        self.exports = [ExportRow.from_export(row, now) for row in page.exports]
        self.reasons = page.reasons
        self.coming = coming_line(page.coming)
        changed = self.router.url.query_parameters.get("changed", "")
        self.note = NOTES.get(changed, "") if not all(row.is_ready for row in self.exports) else ""
        self.is_loaded = True
