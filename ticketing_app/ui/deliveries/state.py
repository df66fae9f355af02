"""The caller's own delivered files on a page, which fills `delivery` when it loads."""

import json
from uuid import UUID

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import limits
from ticketing_app.deliveries.service import opening
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.deliveries import views
from ticketing_app.ui.deliveries.views import DeliveryView
from ticketing_app.ui.session import PageState, guarded
from ticketing_app.vault.schemas import Reader


class DeliveryState(PageState, rx.State):
    """Codes never enter it: browsers load them as pictures."""

    delivery: DeliveryView = DeliveryView()
    # The delivery with its codes on the screen.
    shown_id: str = ""

    @rx.event
    @guarded
    async def open(self) -> None:
        """Break the seal of the caller's files, and show their codes; the page reads the rest again."""
        caller = await self._prove()
        await transactions.in_transaction(
            opening.open_delivery, delivery_id=self._delivery_id(), reader=_reader(caller)
        )
        self.delivery = views.as_opened(self.delivery)
        self.shown_id = self.delivery.id

    @rx.event
    @guarded
    async def show(self) -> None:
        await self._prove()
        self.shown_id = self.delivery.id

    @rx.event
    @guarded
    async def download(self, number: int) -> rx.event.EventSpec:
        """Have the browser download a file, or follow a kept link: its address never enters the state."""
        caller = await self._prove()
        address = routes.delivery_part(self._delivery_id(), str(int(number)))
        if any(file.is_link for file in self.delivery.files if file.number == number):
            kept = await opening.read_part(
                transactions.transaction,
                delivery_id=self._delivery_id(),
                part=str(number),
                reader=_reader(caller),
            )
            address = kept.content.decode()
        return rx.call_script(f"location.assign({json.dumps(address)})")

    async def _prove(self) -> Caller:
        caller = await session.require_caller(self)
        await session.require_proof(caller)
        return caller

    def _delivery_id(self) -> UUID:
        if not self.delivery.id:
            raise DeliveryNotFoundError
        return UUID(self.delivery.id)


def _reader(caller: Caller) -> Reader:
    return Reader(caller.user_id, caller.session_id, limits.client_address())
