import asyncio
import json
import time
from typing import Any

import pytest
import stripe
from pydantic import SecretStr

from ticketing_app.core.settings import Settings
from ticketing_app.payments.gateway import client, intents, webhooks
from ticketing_app.payments.gateway.client import StripeRefusedError, StripeUnavailableError
from ticketing_app.payments.gateway.webhooks import InvalidSignatureError, MalformedWebhookError
from ticketing_app.payments.schemas import Decline, WebhookEvent

SECRET = "whsec_unit"


async def fail_with(error: stripe.StripeError) -> None:
    raise error


class TestCall:
    @pytest.mark.parametrize(
        ("error", "is_answered"),
        [
            (stripe.APIConnectionError("lost"), False),
            (stripe.RateLimitError("slow down", http_status=429), False),
            (stripe.APIError("broken", http_status=500), True),
            (stripe.APIError("down", http_status=503), True),
            (stripe.IdempotencyError("key in use", http_status=409), False),
            (stripe.IdempotencyError("other parameters", http_status=400), True),
            (stripe.AuthenticationError("wrong key", http_status=401), False),
        ],
    )
    async def test_reports_an_unknown_outcome(
        self, error: stripe.StripeError, *, is_answered: bool
    ) -> None:
        with pytest.raises(StripeUnavailableError) as caught:
            await client.call(fail_with(error))
        assert caught.value.status == 503
        assert caught.value.is_answered is is_answered

    @pytest.mark.parametrize(
        "error",
        [
            stripe.InvalidRequestError("moved on", None, code="payment_intent_unexpected_state"),
            stripe.CardError("no", None, code="payment_intent_unexpected_state"),
        ],
    )
    async def test_reports_a_refusal(self, error: stripe.StripeError) -> None:
        with pytest.raises(StripeRefusedError) as caught:
            await client.call(fail_with(error))
        assert caught.value.code == "payment_intent_unexpected_state"


def intent_with(status: str, error: dict[str, Any] | None) -> stripe.PaymentIntent:
    values = {"id": "pi_1", "object": "payment_intent", "status": status, "client_secret": "s"}
    return stripe.PaymentIntent.construct_from(values | {"last_payment_error": error}, "sk_test_x")


class TestDecline:
    @pytest.mark.parametrize(
        ("error", "decline"),
        [
            (None, None),
            (
                {"charge": "ch_1", "code": "card_declined", "decline_code": "lost_card"},
                Decline("ch_1", "lost_card"),
            ),
            (
                {"code": "authentication_failure", "payment_method": {"id": "pm_1"}},
                Decline("pm_1", "authentication_failure"),
            ),
            ({"type": "card_error"}, Decline("pi_1", "card_declined")),
        ],
    )
    def test_is_identified_by_charge_or_card(
        self, error: dict[str, Any] | None, decline: Decline | None
    ) -> None:
        assert intents._intent(intent_with("requires_payment_method", error)).decline == decline

    def test_is_none_while_another_card_is_tried(self) -> None:
        assert intents._intent(intent_with("requires_action", {"charge": "ch_1"})).decline is None


@pytest.fixture(autouse=True)
def _webhook_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        webhooks, "get_settings", lambda: Settings(stripe_webhook_secret=SecretStr(SECRET))
    )


def body_of(kind: str, subject: dict[str, Any]) -> str:
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": subject}}
    return json.dumps(event)


def signature_of(body: str, *, secret: str = SECRET, age_seconds: int = 0) -> str:
    sign = stripe.WebhookSignature.generate_signature_header
    return sign(body, secret, int(time.time()) - age_seconds)


class TestReadWebhook:
    @pytest.mark.parametrize(
        ("kind", "subject", "intent_id"),
        [
            ("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"}, "pi_1"),
            ("charge.succeeded", {"id": "ch_1", "object": "charge"}, None),
        ],
    )
    def test_keeps_only_references(
        self, kind: str, subject: dict[str, Any], intent_id: str | None
    ) -> None:
        body = body_of(kind, subject)
        event = webhooks.read_webhook(body.encode(), signature_of(body))
        assert event == WebhookEvent(id="evt_1", kind=kind, intent_id=intent_id)

    @pytest.mark.parametrize(
        ("kind", "subject", "decline"),
        [
            (
                "charge.failed",
                {"failure_code": "card_declined", "outcome": {"reason": "insufficient_funds"}},
                Decline("ch_1", "insufficient_funds"),
            ),
            (
                "charge.failed",
                {"failure_code": "processing_error", "outcome": None},
                Decline("ch_1", "processing_error"),
            ),
            (
                "charge.failed",
                {"failure_code": None, "outcome": None},
                Decline("ch_1", "card_declined"),
            ),
            ("charge.succeeded", {}, None),
        ],
    )
    def test_reads_the_declined_card_of_a_charge(
        self, kind: str, subject: dict[str, Any], decline: Decline | None
    ) -> None:
        charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", **subject}
        body = body_of(kind, charge)
        assert webhooks.read_webhook(body.encode(), signature_of(body)).decline == decline

    def test_reads_the_declined_card_of_an_intent(self) -> None:
        intent = {"id": "pi_1", "object": "payment_intent", "status": "requires_payment_method"}
        error = {"charge": "ch_1", "decline_code": "generic_decline"}
        body = body_of("payment_intent.payment_failed", intent | {"last_payment_error": error})
        event = webhooks.read_webhook(body.encode(), signature_of(body))
        assert event.decline == Decline("ch_1", "generic_decline")

    @pytest.mark.parametrize(
        ("body", "signature"),
        [
            (body_of("a", {}), ""),
            (body_of("a", {}), "t=1,v1=ü"),
            (body_of("a", {}), f"t={int(time.time())},v1=ü"),
            (body_of("a", {}), "nonsense"),
            (body_of("a", {}), signature_of(body_of("b", {}))),
            (body_of("a", {}), signature_of(body_of("a", {}), secret="whsec_other")),
            (body_of("a", {}), signature_of(body_of("a", {}), age_seconds=301)),
            ("no JSON", signature_of("no JSON")),
        ],
        ids=[
            "none",
            "long ago",
            "no digest",
            "nonsense",
            "other body",
            "other key",
            "old",
            "no JSON",
        ],
    )
    def test_rejects_an_invalid_signature(self, body: str, signature: str) -> None:
        with pytest.raises((InvalidSignatureError, MalformedWebhookError)):
            webhooks.read_webhook(body.encode(), signature)

    def test_rejects_bytes_that_are_not_text(self) -> None:
        with pytest.raises(MalformedWebhookError):
            webhooks.read_webhook(b"\xff", "t=1,v1=00")


class TestClient:
    def test_belongs_to_its_event_loop(self) -> None:
        async def api() -> tuple[object, object]:
            made, again = client.api(), client.api()
            await client.dispose()
            return made, again

        settings = Settings(
            stripe_secret_key=SecretStr("sk_test_unit"), stripe_webhook_secret=SecretStr(SECRET)
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "get_settings", lambda: settings)
            with asyncio.Runner() as first, asyncio.Runner() as second:
                made, again = first.run(api())
                other, _ = second.run(api())
        assert made is again
        assert other is not made
