"""A buyer who pays: actions on the page and in the card form, and the state of the payment."""

from contextlib import suppress
from typing import Any, NamedTuple

import httpx

from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import VISA, EmulatorClient, intent_id
from tests.waiting import eventually


class End(NamedTuple):
    """States of order and charge, and the money of the order in Stripe's books.

    `captured` has the amount of each intent that captured any: one amount means charged once.
    """

    order: str
    charge: str
    captured: tuple[int, ...] = ()
    refunded: int = 0
    authorised: int = 0


PAID = End("completed", "completed", captured=(4000,))
EXPIRED = End("expired", "failed")
CANCELLED = End("cancelled", "failed")
OPEN = End("created", "created")


class Payer:
    """A buyer with a held ticket of $40; `payment` is the response that opened the payment."""

    def __init__(
        self,
        client: ApiClient,
        stripe: EmulatorClient,
        probe: DatabaseProbe,
        order: Any,  # noqa: ANN401  # JSON.
    ) -> None:
        self.client = client
        self.order_id: str = order["id"]
        self.ticket_id: str = order["ticket"]["id"]
        self.payment: dict[str, Any] = {}
        self._stripe = stripe
        self._probe = probe

    @property
    def secret(self) -> str:
        return self.payment["clientSecret"]

    @property
    def intent(self) -> str:
        """Stripe's id of the payment."""
        return intent_id(self.secret)

    async def open_payment(self) -> httpx.Response:
        """Open the dialog with the card form, in any tab."""
        return await self.client.post("/api/payments", json={"orderId": self.order_id})

    async def press_pay(self) -> str:
        """Announce the card, as the page does just before Stripe gets it; return the deadline."""
        answer = await self.client.post(f"/api/payments/{self.payment['id']}/confirming")
        return answer.raise_for_status().json()["expiresAt"]

    async def enter_card(self, number: str = VISA) -> dict[str, Any]:
        """Confirm the card at Stripe, like the browser."""
        return await self._stripe.enter_card(self.secret, number)

    async def answer_3ds(self, *, passes: bool = True) -> dict[str, Any]:
        """Finish the 3-D Secure check."""
        return await self._stripe.answer_3ds(self.secret, passes=passes)

    async def settle(self) -> dict[str, Any]:
        """Request the outcome of the payment, like the page does after the card."""
        answer = await self.client.post(f"/api/payments/{self.payment['id']}/settle")
        return answer.raise_for_status().json()

    async def release(self) -> httpx.Response:
        """Release the ticket."""
        return await self.client.delete(f"/api/orders/{self.order_id}")

    async def intents(self) -> list[dict[str, Any]]:
        """Return every intent that Stripe has for the order."""
        intents = (await self._stripe.books())["intents"]
        return [row for row in intents if row["metadata"].get("order_id") == self.order_id]

    async def charge(self) -> dict[str, Any]:
        """Return the row of the charge, of which an order has one."""
        query = "SELECT * FROM charges WHERE order_id = $1"
        (charge,) = await self._probe.rows(query, self.order_id)
        return charge

    async def events(self) -> list[str]:
        """Return the names of the recorded events of order and charge, oldest first."""
        query = "SELECT name FROM outbox WHERE payload ->> 'order_id' = $1 ORDER BY position"
        return [row["name"] for row in await self._probe.rows(query, self.order_id)]

    async def end(self) -> End:
        """Return the current state of order, charge and intents."""
        charge = await self.charge()
        intents = await self.intents()
        return End(
            await self._probe.status(self.order_id),
            charge["status"],
            tuple(row["captured"] for row in intents if row["captured"]),
            sum(row["refunded"] for row in intents),
            sum(row["authorised"] for row in intents),
        )

    async def comes_to(self, *expected: End) -> End:
        """Wait until one of these is reached, and return it.

        Raises:
            AssertionError: it is not reached.
        """
        with suppress(AssertionError):
            await eventually(lambda: self._is_at(expected))
        end = await self.end()
        assert end in expected, f"{end}, not {expected}"
        return end

    async def _is_at(self, expected: tuple[End, ...]) -> bool:
        return await self.end() in expected
