from typing import Any

import reflex as rx

from ticketing_app.core import http
from ticketing_app.deliveries.schemas import FilesHandedOver, ProofGiven
from ticketing_app.deliveries.service import transfers
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.tickets.rules import MAX_SEATS
from ticketing_app.ui import session, transactions
from ticketing_app.ui.live import channels
from ticketing_app.ui.sales import queries
from ticketing_app.ui.sales.queries import SaleNotFoundError
from ticketing_app.ui.sales.views import SaleView
from ticketing_app.ui.session import PageState, guarded, refreshing
from ticketing_app.ui.tickets.views import TicketStub


class SaleState(PageState, rx.State):
    """A sale of the caller, who sends the tickets."""

    sale: SaleView = SaleView()
    stub: TicketStub = TicketStub()
    # Uploaded on this page; the services check their owner.
    file_ids: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event
    @guarded
    async def load(self) -> None:
        self.file_ids = []
        await self._read()

    @rx.event
    @refreshing
    async def refresh(self) -> None:
        """Read again after a change."""
        await self._read()

    async def _read(self) -> None:
        async with transactions.transaction() as transaction:
            caller = await session.require_caller(self, transaction)
            if not session.is_at(self, "order_id", self.sale.id):
                self.is_loaded = False
            order_id = session.route_id(self, "order_id", SaleNotFoundError)
            await channels.subscribe(self, channels.user_channel(caller.user_id))
            page = await queries.load_sale_page(transaction, caller=caller, order_id=order_id)
        self.sale = SaleView.of(page, session.reader_now(self))
        self.stub = TicketStub.from_ticket(page.order.tickets[0])
        self.is_loaded = True

    @rx.event
    @guarded
    async def set_files(self, file_ids: list[str]) -> None:
        """Remember the files that were uploaded on this page."""
        self.file_ids = [str(file_id) for file_id in file_ids][:MAX_SEATS]

    @rx.event
    @guarded
    async def mark_sent(self, form: dict[str, Any]) -> None:
        """Record that the tickets were transferred, with the proof of it."""
        given = {
            "reference": str(form.get("reference") or "").strip() or None,
            "proofFileId": self.file_ids[-1] if self.file_ids else None,
        }
        await self._change(transfers.send, proof=transactions.parse(ProofGiven, given))

    @rx.event
    @guarded
    async def hand_over(self) -> None:
        """Give the buyer the uploaded files."""
        files = transactions.parse(FilesHandedOver, {"fileIds": self.file_ids})
        await self._change(transfers.hand_over, files=files)

    async def _change(self, change: Any, **given: object) -> None:  # noqa: ANN401  # a use case of the seller.
        caller = await session.require_caller(self)
        delivery_id = http.parse_id(self.sale.delivery_id, DeliveryNotFoundError)
        own = {"delivery_id": delivery_id, "seller_id": caller.user_id}
        await transactions.in_transaction(change, **own, **given)
        await self._read()
