"""The other side of a payment: the buyer's browser with Stripe.js, the Dashboard, faults, books."""

import json
from typing import Any

import stripe
from httpx import AsyncClient

from ticketing_app.core.settings import get_settings

VISA = "4242424242424242"
DECLINED = "4000000000000002"
NO_MONEY = "4000000000009995"
ASKS_3DS = "4000002500003155"
ASKS_3DS_NO_MONEY = "4000008260003178"


async def _post(path: str, data: dict[str, str]) -> dict[str, Any]:
    async with AsyncClient(base_url=get_settings().stripe_api_base) as client:
        return (await client.post(path, data=data)).json()


def _browser(secret: str) -> dict[str, str]:
    return {"key": get_settings().stripe_publishable_key, "client_secret": secret}


async def enter_card(secret: str, number: str = VISA) -> dict[str, Any]:
    """Confirm the card, as the form in the browser does; an error is an answer, too."""
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
    typed = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    intent_id = secret.partition("_secret_")[0]
    typed |= {"payment_method_data[type]": "card", "return_url": get_settings().public_url}
    return await _post(f"/v1/payment_intents/{intent_id}/confirm", _browser(secret) | typed)


async def answer_3ds(secret: str, *, passes: bool = True) -> dict[str, Any]:
    """End the bank's question."""
    intent_id = secret.partition("_secret_")[0]
    outcome = "passed" if passes else "failed"
    path = f"/v1/payment_intents/{intent_id}/challenge"
    return await _post(path, _browser(secret) | {"outcome": outcome})


async def by_hand(secret: str, action: str) -> None:
    """Capture or cancel an intent in Stripe's Dashboard."""
    headers = {"Authorization": f"Bearer {get_settings().stripe_secret_key}"}
    async with AsyncClient(base_url=get_settings().stripe_api_base, headers=headers) as client:
        intent_id = secret.partition("_secret_")[0]
        (await client.post(f"/v1/payment_intents/{intent_id}/{action}")).raise_for_status()


async def break_next(match: str, do: str, *, times: int = 1) -> None:
    """Let the next `times` requests that match fail: lost, 500, stored500, 429 or down."""
    async with AsyncClient(base_url=get_settings().stripe_api_base) as client:
        fault = {"match": match, "do": do, "times": times}
        (await client.post("/_emulator/fault", json=fault)).raise_for_status()


async def books() -> dict[str, Any]:
    """Return the emulator's own record of the money."""
    async with AsyncClient(base_url=get_settings().stripe_api_base) as client:
        return (await client.get("/_emulator/books")).json()


async def the_intent() -> dict[str, Any]:
    """Return the only intent of the books."""
    (intent,) = (await books())["intents"]
    return intent


async def requests(match: str) -> int:
    """Return how many requests to this path Stripe saw."""
    async with AsyncClient(base_url=get_settings().stripe_api_base) as client:
        log = (await client.get("/_emulator/log")).json()
    lines = [f"{entry['method']} {entry['path']}" for entry in log["data"] if "method" in entry]
    return sum(match in line for line in lines)


async def events(*kinds: str) -> list[str]:
    """Return the bodies of the webhooks that Stripe would send for what happened, oldest first."""
    headers = {"Authorization": f"Bearer {get_settings().stripe_secret_key}"}
    async with AsyncClient(base_url=get_settings().stripe_api_base, headers=headers) as client:
        found = (await client.get("/v1/events", params={"limit": 100})).json()["data"]
    return [json.dumps(event) for event in reversed(found) if event["type"] in kinds]


def sign(body: str, *, secret: str | None = None, timestamp: int | None = None) -> dict[str, str]:
    """Return the header that Stripe sends with this webhook."""
    header = stripe.WebhookSignature.generate_signature_header(
        body, secret or get_settings().stripe_webhook_secret, timestamp
    )
    return {"Stripe-Signature": header}
