"""Client of the Stripe emulator: as the buyer's browser, as the Dashboard, and for its controls."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import stripe
from httpx import AsyncClient

from ticketing_app.core.settings import get_settings

VISA = "4242424242424242"
DECLINED = "4000000000000002"
NO_MONEY = "4000000000009995"
ASKS_3DS = "4000002500003155"
ASKS_3DS_NO_MONEY = "4000008260003178"
REFUND_FAILS = "4000000000005126"
DISPUTED = "4000000000000259"

# One client for all tests: creating one takes longer than most tests.
_clients: list[AsyncClient] = []


@asynccontextmanager
async def connect(url: str) -> AsyncGenerator[None]:
    """Open the client that all functions here use."""
    # Generous: a slow response of a busy machine must not fail a test.
    # Loading certificates takes 15 ms, and the emulator speaks plain HTTP.
    async with AsyncClient(base_url=url, timeout=60, verify=False) as client:  # noqa: S501
        _clients.append(client)
        yield
        _clients.remove(client)


def _client() -> AsyncClient:
    return _clients[-1]


def _secret_key() -> dict[str, str]:
    return {"Authorization": f"Bearer {get_settings().stripe_secret_key.get_secret_value()}"}


async def _post(path: str, data: dict[str, str]) -> dict[str, Any]:
    return (await _client().post(path, data=data)).json()


def _browser(secret: str) -> dict[str, str]:
    return {"key": get_settings().stripe_publishable_key, "client_secret": secret}


async def enter_card(secret: str, number: str = VISA) -> dict[str, Any]:
    """Confirm a card like the form in the browser; returns errors instead of raising them."""
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "123"}
    typed = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    intent_id = secret.partition("_secret_")[0]
    typed |= {"payment_method_data[type]": "card", "return_url": get_settings().public_url}
    return await _post(f"/v1/payment_intents/{intent_id}/confirm", _browser(secret) | typed)


async def answer_3ds(secret: str, *, passes: bool = True) -> dict[str, Any]:
    """Finish the 3-D Secure check."""
    intent_id = secret.partition("_secret_")[0]
    outcome = "passed" if passes else "failed"
    path = f"/v1/payment_intents/{intent_id}/challenge"
    return await _post(path, _browser(secret) | {"outcome": outcome})


async def act_in_dashboard(secret: str, action: str) -> None:
    """Capture or cancel an intent in Stripe's Dashboard."""
    path = f"/v1/payment_intents/{secret.partition('_secret_')[0]}/{action}"
    (await _client().post(path, headers=_secret_key())).raise_for_status()


async def refund_in_dashboard(secret: str, *, cents: int | None = None) -> str:
    """Give all or some money back in Stripe's Dashboard; return the id of the refund."""
    asked = {"payment_intent": secret.partition("_secret_")[0]}
    asked |= {"amount": str(cents)} if cents else {}
    return (await _client().post("/v1/refunds", data=asked, headers=_secret_key())).json()["id"]


async def answer_dispute(secret: str, *, wins: bool) -> None:
    """Submit evidence in the Dashboard; the emulator decides at once, and may refuse."""
    asked = {"payment_intent": secret.partition("_secret_")[0]}
    answer = await _client().get("/v1/disputes", params=asked, headers=_secret_key())
    for dispute in answer.json()["data"]:
        words = "winning_evidence" if wins else "losing_evidence"
        evidence = {"evidence[uncategorized_text]": words}
        path = f"/v1/disputes/{dispute['id']}"
        await _client().post(path, data=evidence, headers=_secret_key())


async def set_refund_delay(seconds: float) -> None:
    """Set the time that banks take for refunds, including pending ones."""
    answer = await _client().post("/_emulator/bank", json={"seconds": seconds})
    answer.raise_for_status()


async def finish_refunds() -> None:
    """Let the banks decide on all open refunds now."""
    (await _client().post("/_emulator/bank", json={})).raise_for_status()


async def set_latency(seconds: float) -> None:
    """Set the latency of all responses."""
    answer = await _client().post("/_emulator/latency", json={"seconds": seconds})
    answer.raise_for_status()


async def expire_authorisation(secret: str) -> None:
    """Expire an authorisation, as Stripe does after seven days."""
    body = {"payment_intent": secret.partition("_secret_")[0]}
    (await _client().post("/_emulator/expire", json=body)).raise_for_status()


async def retrieve(secret: str) -> dict[str, Any]:
    path = f"/v1/payment_intents/{secret.partition('_secret_')[0]}"
    return (await _client().get(path, headers=_secret_key())).json()


async def break_next(match: str, do: str, *, times: int = 1, **how: object) -> None:
    """Make the next `times` matching requests fail, like `faults` of the emulator describes.

    With `late` the request takes effect first, as it always does if its response is lost. A `delay` lasts
    `seconds`.
    """
    fault = {"match": match, "do": do, "times": times, **how}
    (await _client().post("/_emulator/fault", json=fault)).raise_for_status()


async def books() -> dict[str, Any]:
    """Return the emulator's own record of all money."""
    return (await _client().get("/_emulator/books")).json()


async def the_intent() -> dict[str, Any]:
    """Return the only intent of the books."""
    (intent,) = (await books())["intents"]
    return intent


async def requests(match: str) -> int:
    """Count the requests to this path."""
    log = (await _client().get("/_emulator/log")).json()
    lines = [f"{entry['method']} {entry['path']}" for entry in log["data"] if "method" in entry]
    return sum(match in line for line in lines)


async def events(*kinds: str) -> list[str]:
    """Return the bodies of the webhooks that Stripe would send, oldest first."""
    answer = await _client().get("/v1/events", params={"limit": 100}, headers=_secret_key())
    found = reversed(answer.json()["data"])
    return [json.dumps(event) for event in found if event["type"] in kinds]


def sign(body: str, *, secret: str | None = None, timestamp: int | None = None) -> dict[str, str]:
    """Return the signature header of this webhook."""
    header = stripe.WebhookSignature.generate_signature_header(
        body, secret or get_settings().stripe_webhook_secret.get_secret_value(), timestamp
    )
    return {"Stripe-Signature": header}
