"""Requests to the Stripe emulator: as the buyer's browser, as the Dashboard, and to its controls."""

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

# One client for all tests: making one costs more time than most tests take.
_clients: list[AsyncClient] = []


@asynccontextmanager
async def connect(url: str) -> AsyncGenerator[None]:
    """Let everything below talk to the emulator at `url`."""
    # Whoever plays Stripe waits as long as a busy machine takes: no answer is nobody's finding.
    async with AsyncClient(base_url=url, timeout=60) as client:
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
    path = f"/v1/payment_intents/{secret.partition('_secret_')[0]}/{action}"
    (await _client().post(path, headers=_secret_key())).raise_for_status()


async def refund_by_hand(secret: str, *, cents: int | None = None) -> str:
    """Give all or some money back in Stripe's Dashboard; return the id of the refund."""
    asked = {"payment_intent": secret.partition("_secret_")[0]}
    asked |= {"amount": str(cents)} if cents else {}
    return (await _client().post("/v1/refunds", data=asked, headers=_secret_key())).json()["id"]


async def answer_dispute(secret: str, *, wins: bool) -> None:
    """Send evidence in Stripe's Dashboard, by which the bank decides at once; may be refused."""
    asked = {"payment_intent": secret.partition("_secret_")[0]}
    answer = await _client().get("/v1/disputes", params=asked, headers=_secret_key())
    for dispute in answer.json()["data"]:
        words = "winning_evidence" if wins else "losing_evidence"
        evidence = {"evidence[uncategorized_text]": words}
        path = f"/v1/disputes/{dispute['id']}"
        await _client().post(path, data=evidence, headers=_secret_key())


async def let_banks_take(seconds: float) -> None:
    """Let banks take so long to tell what became of a refund, also of those under way."""
    answer = await _client().post("/_emulator/bank", json={"seconds": seconds})
    answer.raise_for_status()


async def answer_slowly(seconds: float) -> None:
    """Let every answer of Stripe take so long."""
    answer = await _client().post("/_emulator/latency", json={"seconds": seconds})
    answer.raise_for_status()


async def expire_authorisation(secret: str) -> None:
    """End an authorisation that was not captured for seven days."""
    wish = {"payment_intent": secret.partition("_secret_")[0]}
    (await _client().post("/_emulator/expire", json=wish)).raise_for_status()


async def retrieve(secret: str) -> dict[str, Any]:
    """Return the intent as Stripe shows it to us."""
    path = f"/v1/payment_intents/{secret.partition('_secret_')[0]}"
    return (await _client().get(path, headers=_secret_key())).json()


async def break_next(match: str, do: str, *, times: int = 1, **how: object) -> None:
    """Let the next `times` requests that match fail, in a way of the emulator's `faults`.

    With `late` the work is done first, as it always is for one whose answer is lost. A `delay` lasts
    `seconds`.
    """
    fault = {"match": match, "do": do, "times": times, **how}
    (await _client().post("/_emulator/fault", json=fault)).raise_for_status()


async def books() -> dict[str, Any]:
    """Return the emulator's own record of the money."""
    return (await _client().get("/_emulator/books")).json()


async def the_intent() -> dict[str, Any]:
    """Return the only intent of the books."""
    (intent,) = (await books())["intents"]
    return intent


async def requests(match: str) -> int:
    """Return how many requests to this path Stripe saw."""
    log = (await _client().get("/_emulator/log")).json()
    lines = [f"{entry['method']} {entry['path']}" for entry in log["data"] if "method" in entry]
    return sum(match in line for line in lines)


async def events(*kinds: str) -> list[str]:
    """Return the bodies of the webhooks that Stripe would send for what happened, oldest first."""
    answer = await _client().get("/v1/events", params={"limit": 100}, headers=_secret_key())
    found = reversed(answer.json()["data"])
    return [json.dumps(event) for event in found if event["type"] in kinds]


def sign(body: str, *, secret: str | None = None, timestamp: int | None = None) -> dict[str, str]:
    """Return the header that Stripe sends with this webhook."""
    header = stripe.WebhookSignature.generate_signature_header(
        body, secret or get_settings().stripe_webhook_secret.get_secret_value(), timestamp
    )
    return {"Stripe-Signature": header}
