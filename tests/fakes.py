"""Fakes at our own seams."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from ticketing_app.payments.gateway.client import StripeRefusedError
from ticketing_app.payments.rules import RefundStatus
from ticketing_app.payments.schemas import Decline, Intent, MadeRefund


class FakeGateway:
    """Stripe with one intent in memory; `fail` makes the next call of a name raise.

    `refund_status` is the status of new refunds, `dispute` that of the newest dispute.
    """

    def __init__(self) -> None:
        self.intent = Intent(
            id="pi_fake", status="requires_payment_method", client_secret="pi_fake_secret"
        )
        self.refunds: dict[str, MadeRefund] = {}
        self.refund_status = RefundStatus.SUCCEEDED
        self.dispute: str | None = None
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._errors: dict[str, list[Exception]] = {}

    def fail(self, name: str, error: Exception) -> None:
        self._errors.setdefault(name, []).append(error)

    def become(self, status: str, **fields: Any) -> None:  # noqa: ANN401  # any field of an intent.
        self.intent = replace(self.intent, status=status, **fields)

    async def create_intent(self, **asked: Any) -> Intent:  # noqa: ANN401  # kept for the test to read.
        self._called("create_intent", **asked)
        return self.intent

    async def get_intent(self, stripe_id: str) -> Intent:
        self._called("get_intent", stripe_id=stripe_id)
        return self.intent

    async def capture_intent(self, stripe_id: str) -> Intent:
        return self._move("capture_intent", stripe_id, {"requires_capture"}, "succeeded")

    async def cancel_intent(self, stripe_id: str) -> Intent:
        open_statuses = {"requires_payment_method", "requires_action", "requires_capture"}
        return self._move("cancel_intent", stripe_id, open_statuses, "canceled")

    async def refund_intent(
        self, stripe_id: str, *, key: str, amount_cents: int, refund_id: UUID, **asked: object
    ) -> MadeRefund:
        self._called("refund_intent", stripe_id=stripe_id, key=key, **asked)
        if key not in self.refunds:
            made_id = f"re_{len(self.refunds)}"
            made = MadeRefund(made_id, self.refund_status, amount_cents, refund_id)
            self.refunds[key] = made
        return self.refunds[key]

    def refund_by_hand(self, amount_cents: int = 4000) -> MadeRefund:
        """Refund in the Dashboard."""
        made = MadeRefund(f"re_hand_{len(self.refunds)}", self.refund_status, amount_cents)
        self.refunds[made.id] = made
        return made

    async def list_refunds(self, stripe_id: str) -> list[MadeRefund]:
        self._called("list_refunds", stripe_id=stripe_id)
        return list(reversed(self.refunds.values()))

    async def list_declines(self, stripe_id: str) -> list[Decline]:
        self._called("list_declines", stripe_id=stripe_id)
        return []

    async def find_dispute(self, stripe_id: str) -> str | None:
        self._called("find_dispute", stripe_id=stripe_id)
        return self.dispute

    def end_refunds(self, status: RefundStatus) -> None:
        """End every refund, as a bank does days later."""
        self.refunds = {key: replace(made, status=status) for key, made in self.refunds.items()}

    def _move(self, name: str, stripe_id: str, sources: set[str], status: str) -> Intent:
        self._called(name, stripe_id=stripe_id)
        if self.intent.status not in sources:
            raise StripeRefusedError("payment_intent_unexpected_state")
        self.become(status)
        return self.intent

    def _called(self, name: str, **asked: object) -> None:
        self.calls.append((name, asked))
        if self._errors.get(name):
            raise self._errors[name].pop(0)
