"""Requests to the Stripe emulator: as the buyer's browser, as the Dashboard, and to its controls."""

from collections.abc import Mapping
from typing import Any

import httpx

VISA = "4242424242424242"
DECLINED = "4000000000000002"
NO_MONEY = "4000000000009995"
ASKS_3DS = "4000002500003155"
DISPUTED = "4000000000000259"
REFUND_FAILS = "4000000000005126"

# Covers every attempt of Stripe's SDK, which makes three per call, and of the sweeps.
ALWAYS = 1000


class EmulatorClient:
    """HTTP client of the emulator; close it after use."""

    def __init__(self, env: Mapping[str, str]) -> None:
        # Loading certificates takes long, and the emulator speaks plain HTTP on this machine.
        how: dict[str, Any] = {"timeout": 30, "verify": False, "trust_env": False}
        self._client = httpx.AsyncClient(base_url=env["STRIPE_API_BASE"], **how)
        self._secret = {"Authorization": f"Bearer {env['STRIPE_SECRET_KEY']}"}
        self._public = {"key": env["STRIPE_PUBLISHABLE_KEY"]}
        self._return_url = env["PUBLIC_URL"]

    async def close(self) -> None:
        await self._client.aclose()

    # ---- the buyer's browser -------------------------------------------------------------------

    async def enter_card(self, secret: str, number: str) -> dict[str, Any]:
        """Confirm the card, as the form in the browser does; a refusal is an answer, too."""
        card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
        typed = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        typed |= {"payment_method_data[type]": "card", "return_url": self._return_url}
        return await self._as_browser(secret, "confirm", typed)

    async def answer_3ds(self, secret: str, *, passes: bool) -> dict[str, Any]:
        """Finish the 3-D Secure check."""
        outcome = {"outcome": "passed" if passes else "failed"}
        return await self._as_browser(secret, "challenge", outcome)

    async def _as_browser(self, secret: str, step: str, data: dict[str, str]) -> dict[str, Any]:
        path = f"/v1/payment_intents/{intent_id(secret)}/{step}"
        data = self._public | {"client_secret": secret} | data
        return (await self._client.post(path, data=data)).json()

    # ---- the Dashboard -------------------------------------------------------------------------

    async def by_hand(self, path: str, **data: str) -> dict[str, Any]:
        """Send a request with the secret key, like the Dashboard."""
        answer = await self._client.post(f"/v1/{path}", data=data, headers=self._secret)
        return answer.raise_for_status().json()

    async def disputes(self, intent: str) -> list[dict[str, Any]]:
        """Return the disputes of a payment."""
        asked = {"payment_intent": intent}
        answer = await self._client.get("/v1/disputes", params=asked, headers=self._secret)
        return answer.raise_for_status().json()["data"]

    # ---- controls of the emulator --------------------------------------------------------------

    async def order(self, control: str, **wish: object) -> None:
        """Call a control of the emulator, like `fault` or `webhooks`."""
        (await self._client.post(f"/_emulator/{control}", json=wish)).raise_for_status()

    async def break_next(self, match: str, do: str, *, times: int = 1, **how: object) -> None:
        """Make the next matching requests fail: lost, 500, stored500, 429, down or delay."""
        await self.order("fault", match=match, do=do, times=times, **how)

    async def books(self) -> dict[str, Any]:
        """Return Stripe's own record of the money."""
        return (await self._client.get("/_emulator/books")).raise_for_status().json()

    async def saw(self, request: str, **facts: object) -> bool:
        """Whether the log has a request like `GET /v1/...` with these `facts`, such as a fault."""
        log = (await self._client.get("/_emulator/log")).json()["data"]
        found = [row for row in log if f"{row.get('method')} {row.get('path')}" == request]
        return any(facts.items() <= row.items() for row in found)

    async def resend_undelivered(self) -> None:
        """Send undelivered webhooks again, as Stripe does for days."""
        asked = {"delivery_success": "false", "limit": "100"}
        answer = await self._client.get("/v1/events", params=asked, headers=self._secret)
        for event in answer.raise_for_status().json()["data"]:
            await self.order("webhooks", resend=event["id"])


def intent_id(secret: str) -> str:
    """Return the id of the payment that this client secret belongs to."""
    return secret.partition("_secret_")[0]
