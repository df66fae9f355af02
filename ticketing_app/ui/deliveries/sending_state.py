from typing import Any

import reflex as rx

from ticketing_app.core import http
from ticketing_app.core.errors import InvalidInputError
from ticketing_app.deliveries.schemas import AddressUpdate
from ticketing_app.deliveries.service import addresses, late, transfers
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.ui import session, transactions
from ticketing_app.ui.deliveries.sending_views import SendingView
from ticketing_app.ui.session import PageState, guarded

ADDRESS_FIELDS = ("name", "email", "phone")


class SendingState(PageState, mixin=True):
    """The page of an order whose tickets the seller sends (sending_parts.py); it implements `_read`."""

    sending: SendingView = SendingView()

    async def _read(self) -> object:
        """Read the page again."""
        raise NotImplementedError

    @rx.event
    @guarded
    async def save_address(self, form: dict[str, Any]) -> None:
        """Set the address at the issuer; after the payment with a fresh proof."""
        caller = await session.require_caller(self)
        order_id = session.route_id(self, "order_id", OrderNotFoundError)
        own = {"order_id": order_id, "buyer_id": caller.user_id}
        if await transactions.in_transaction(addresses.is_proof_needed, **own):
            await session.require_proof(caller)
        address = transactions.parse(AddressUpdate, _read_form(form))
        await transactions.in_transaction(addresses.save, **own, address=address)
        await self._read()

    @rx.event
    @guarded
    async def confirm_receipt(self) -> None:
        """Record that the buyer has the tickets."""
        await self._change(transfers.confirm)

    @rx.event
    @guarded
    async def wait_longer(self) -> None:
        """Give the seller more time."""
        await self._change(late.wait)

    @rx.event
    @guarded
    async def give_up(self) -> None:
        """Take the money back."""
        await self._change(late.give_up)

    async def _change(self, change: Any) -> None:  # noqa: ANN401  # a use case of the buyer.
        caller = await session.require_caller(self)
        delivery_id = http.parse_id(self.sending.delivery_id, DeliveryNotFoundError)
        await transactions.in_transaction(change, delivery_id=delivery_id, buyer_id=caller.user_id)
        await self._read()


def _read_form(form: object) -> dict[str, Any]:
    if not isinstance(form, dict):
        raise InvalidInputError([(None, "Fill in the form.")])
    texts = {name: form.get(name) or "" for name in ADDRESS_FIELDS}
    return {name: text for name, text in texts.items() if str(text).strip()}
