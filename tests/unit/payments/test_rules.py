import pytest

from ticketing_app.orders.rules import OrderStatus
from ticketing_app.payments import rules
from ticketing_app.payments.rules import RefundStatus, Work

LIVE = {OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT}


class TestIsOver:
    @pytest.mark.parametrize("status", OrderStatus)
    def test_before_the_deadline_only_an_ended_order_is_over(self, status: OrderStatus) -> None:
        ended = status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
        assert rules.is_over(status, is_running=True) is ended

    @pytest.mark.parametrize("status", sorted(LIVE))
    def test_past_the_deadline_a_live_order_is_over(self, status: OrderStatus) -> None:
        assert rules.is_over(status, is_running=False)

    def test_a_claimed_order_has_no_deadline(self) -> None:
        assert not rules.is_over(OrderStatus.CAPTURING, is_running=False)


class TestAdvancesRefund:
    @pytest.mark.parametrize("status", RefundStatus)
    def test_only_forward(self, status: RefundStatus) -> None:
        order = list(RefundStatus)
        advanced = [each for each in order if rules.advances_refund(status, each)]
        assert advanced == order[order.index(status) + 1 :]


class TestDueWork:
    @pytest.mark.parametrize(
        ("status", "is_running", "work"),
        [
            (OrderStatus.CREATED, True, Work.WAIT),
            (OrderStatus.CREATED, False, Work.VOID),
            (OrderStatus.AWAITING_PAYMENT, True, Work.SETTLE),
            (OrderStatus.AWAITING_PAYMENT, False, Work.VOID),
            (OrderStatus.CAPTURING, True, Work.SETTLE),
            (OrderStatus.CAPTURING, False, Work.SETTLE),
            (OrderStatus.EXPIRED, False, Work.VOID),
            (OrderStatus.CANCELLED, True, Work.VOID),
        ],
    )
    def test_follows_the_order(self, status: OrderStatus, *, is_running: bool, work: Work) -> None:
        assert rules.due_work(status, is_running=is_running) is work

    @pytest.mark.parametrize(
        ("refund", "work"),
        [
            (RefundStatus.DUE, Work.REFUND),
            (RefundStatus.PENDING, Work.REFUND),
            (RefundStatus.SUCCEEDED, Work.VOID),
            (RefundStatus.FAILED, Work.VOID),
        ],
    )
    def test_an_unfinished_refund_comes_first(self, refund: RefundStatus, work: Work) -> None:
        found = rules.due_work(OrderStatus.EXPIRED, is_running=False, refund_status=refund)
        assert found is work


class TestWebhookWork:
    @pytest.mark.parametrize("kind", sorted(rules.PAYING_KINDS))
    def test_what_pays_an_order_comes_first(self, kind: str) -> None:
        assert rules.webhook_work(kind) == rules.WEBHOOK_WORK

    def test_the_rest_waits(self) -> None:
        assert rules.webhook_work("charge.updated") == rules.LATER_WEBHOOK_WORK


class TestBackoff:
    def test_doubles_up_to_a_quarter_of_an_hour(self) -> None:
        assert [rules.backoff(n).total_seconds() for n in (0, 1, 2, 5, 6, 1000)] == [
            20, 40, 80, 640, 900, 900,
        ]  # fmt: skip


class TestAttemptsLeft:
    def test_is_never_negative(self) -> None:
        assert [rules.attempts_left(n, 3) for n in range(5)] == [3, 2, 1, 0, 0]


class TestOutcomeSentence:
    @pytest.mark.parametrize(
        ("status", "failure_code", "left", "sentence"),
        [
            (OrderStatus.CREATED, None, 3, None),
            (OrderStatus.CREATED, "expired_card", 2, "Your card has expired."),
            (OrderStatus.CREATED, "stolen_card", 2, "Your card was declined."),
            (
                OrderStatus.AWAITING_PAYMENT,
                "expired_card",
                2,
                "We are confirming your payment. Please do not pay again; this changes by itself.",
            ),
            (
                OrderStatus.CAPTURING,
                None,
                3,
                "We are confirming your payment. Please do not pay again; this changes by itself.",
            ),
            (OrderStatus.COMPLETED, None, 3, None),
            (
                OrderStatus.CANCELLED,
                "insufficient_funds",
                0,
                (
                    "Your card does not have enough money for this."
                    " No attempt is left, so the ticket is free again. Your card was not charged."
                ),
            ),
            (
                OrderStatus.CANCELLED,
                "hold_over",
                2,
                "This order was cancelled, so the ticket is free again. Your card was not charged.",
            ),
            (
                OrderStatus.CANCELLED,
                None,
                0,
                "This order was cancelled, so the ticket is free again. Your card was not charged.",
            ),
            (
                OrderStatus.EXPIRED,
                "hold_over",
                3,
                "The time ran out before your payment was confirmed. Your card was not charged.",
            ),
        ],
    )
    def test_explains_the_outcome(
        self, status: OrderStatus, failure_code: str | None, left: int, sentence: str | None
    ) -> None:
        assert rules.outcome_sentence(status, failure_code=failure_code, left=left) == sentence

    def test_counts_the_tickets(self) -> None:
        found = rules.outcome_sentence(
            OrderStatus.CANCELLED, failure_code="expired_card", left=0, quantity=2
        )
        assert found
        assert "so the tickets are free again" in found
