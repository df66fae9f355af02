"""The Stripe of the contract tests: the emulator, or the test mode when an operator gives a key."""

from collections.abc import Awaitable, Callable, Mapping

import stripe

from ticketing_app.core.settings import get_settings
from ticketing_app.payments.gateway import client
from ticketing_app.payments.schemas import Intent

# Opens an intent; the fixture `open_intent`.
Open = Callable[..., Awaitable[Intent]]
KEY_NAME = "STRIPE_CONTRACT_KEY"
# Delayed actions of banks take some minutes in Stripe's test mode; the emulator does them at once.
SECONDS = 300
# A return page is required; it is never opened.
RETURN_URL = "https://example.com/orders"
CANCELLABLE = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
)


def operators_key(environment: Mapping[str, str]) -> str | None:
    """Return the key of Stripe's test mode, or None to use the emulator.

    Raises:
        ValueError: it is no secret key of the test mode.
    """
    key = environment.get(KEY_NAME)
    if key and not key.startswith(("sk_test_", "rk_test_")):
        msg = f"{KEY_NAME} must be a secret key of Stripe's test mode (sk_test_...), never a live one."
        raise ValueError(msg)
    return key or None


class Buyer:
    """Acts on intents as a buyer's browser, and reads them with the secret key."""

    def __init__(self, key: str, api_base: str) -> None:
        self._http = stripe.HTTPXClient(timeout=get_settings().stripe_timeout_seconds)
        self.api = stripe.StripeClient(
            key,
            base_addresses={"api": api_base},
            max_network_retries=client.RETRIES,
            http_client=self._http,
        ).v1

    async def confirm(self, intent: Intent, card: str) -> stripe.PaymentIntent:
        """Pay with one of Stripe's ready-made cards, like `pm_card_visa`."""
        return await self.api.payment_intents.confirm_async(
            intent.id, {"payment_method": card, "return_url": RETURN_URL}
        )

    async def see(self, intent: Intent) -> stripe.PaymentIntent:
        return await self.api.payment_intents.retrieve_async(intent.id)

    async def leave_nothing_open(self, intent_ids: set[str]) -> None:
        """Cancel intents that could still be paid or captured."""
        for intent_id in intent_ids:
            if (await self.api.payment_intents.retrieve_async(intent_id)).status in CANCELLABLE:
                await self.api.payment_intents.cancel_async(intent_id)

    async def close(self) -> None:
        await self._http.close_async()
