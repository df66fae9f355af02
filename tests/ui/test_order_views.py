"""Sentences and values that the pages show of orders."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.core import db
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import ItemTicket, OrderDetail, OrderItemRead, OrderStepRead
from ticketing_app.payments.schemas import DeclineRead
from ticketing_app.ui.orders import timeline, views
from ticketing_app.ui.orders.views import OrderView

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def order(status: OrderStatus, *, seconds_left: int = 900, price_cents: int = 4000) -> OrderDetail:
    ticket = ItemTicket(id=db.new_id(), title="The Paper Lanterns", price_cents=price_cents)
    return OrderDetail(
        id=db.new_id(),
        status=status,
        expires_at=NOW + timedelta(seconds=seconds_left),
        buyer_id=db.new_id(),
        price_cents=price_cents,
        currency="usd",
        created_at=datetime(2027, 1, 2, tzinfo=UTC),
        ticket=ticket,
        quantity=1,
        listing_id=None,
        items=[OrderItemRead(ticket=ticket)],
        timeline=[OrderStepRead(status=status, at=NOW, expires_at=NOW + 15 * MINUTE)],
    )


class TestOrderView:
    def test_describes_hold(self) -> None:
        view = OrderView.from_order(order(OrderStatus.CREATED), NOW)
        assert view.heading == "Purchasing The Paper Lanterns"
        assert view.pay_label == "Pay $40.00"
        assert (view.can_pay, view.is_checking, view.is_paid, view.outcome) == (
            True,
            False,
            False,
            "",
        )
        assert datetime.fromisoformat(view.deadline) - datetime.fromisoformat(
            view.now
        ) == timedelta(seconds=900)

    def test_payable_while_card_is_checked(self) -> None:
        view = OrderView.from_order(order(OrderStatus.AWAITING_PAYMENT), NOW)
        assert (view.can_pay, view.is_checking) == (True, True)

    def test_no_deadline_after_capture(self) -> None:
        view = OrderView.from_order(order(OrderStatus.CAPTURING, seconds_left=-60), NOW)
        assert (view.status, view.deadline, view.can_pay, view.is_checking) == (
            "capturing",
            "",
            False,
            True,
        )

    @pytest.mark.parametrize(
        "status", [OrderStatus.COMPLETED, OrderStatus.REFUNDING, OrderStatus.REFUNDED]
    )
    def test_receipt_after_payment(self, status: OrderStatus) -> None:
        paid = order(status, price_cents=4050)
        view = OrderView.from_order(paid, NOW)
        assert view.has_receipt
        assert (view.receipt_amount, view.title) == ("$40.50 USD", "The Paper Lanterns")
        assert (view.ordered, view.id) == ("Jan 2, 2027, 12:00\u202fAM UTC", str(paid.id))

    @pytest.mark.parametrize(
        ("status", "label", "refund"),
        [
            (OrderStatus.COMPLETED, "", ""),
            (OrderStatus.REFUNDING, "Being refunded", "$40.50 USD since Jan 2, 2027"),
            (OrderStatus.REFUNDED, "Refunded", "$40.50 USD on Jan 2, 2027"),
        ],
    )
    def test_receipt_shows_refund(self, status: OrderStatus, label: str, refund: str) -> None:
        view = OrderView.from_order(order(status, price_cents=4050), NOW)
        assert (view.refund_label, view.refund) == (label, refund)

    def test_receipt_without_day_of_unrecorded_refund(self) -> None:
        paid = order(OrderStatus.REFUNDED).model_copy(update={"timeline": [SOME_TIME]})
        assert OrderView.from_order(paid, NOW).refund == "$40.00 USD"

    @pytest.mark.parametrize(
        "status", sorted(rules.PAYABLE | rules.ENDED_UNPAID | {OrderStatus.CAPTURING})
    )
    def test_no_receipt_without_payment(self, status: OrderStatus) -> None:
        assert not OrderView.from_order(order(status), NOW).has_receipt

    def test_outcome_after_payment(self) -> None:
        view = OrderView.from_order(order(OrderStatus.COMPLETED), NOW)
        assert (view.heading, view.outcome, view.is_paid) == (
            "Paid: The Paper Lanterns",
            "You paid. The seller sends you the ticket.",
            True,
        )

    @pytest.mark.parametrize("status", sorted(rules.ENDED_UNPAID))
    def test_unpaid_end_was_not_charged(self, status: OrderStatus) -> None:
        view = OrderView.from_order(order(status), NOW)
        assert (view.is_over, view.can_pay, view.heading) == (True, False, "The Paper Lanterns")
        assert view.outcome_more == "Your card was not charged."

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (OrderStatus.REFUNDING, "We are sending your $40.00 back to your card."),
            (OrderStatus.REFUNDED, "We sent your $40.00 back to your card."),
        ],
    )
    def test_outcome_of_refund(self, status: OrderStatus, outcome: str) -> None:
        view = OrderView.from_order(order(status), NOW)
        assert view.outcome == outcome
        assert "5 to 10 days" in view.outcome_more
        assert not view.is_paid

    @pytest.mark.parametrize("status", sorted(set(OrderStatus) - {OrderStatus.CREATED}))
    def test_has_outcome_after_payment(self, status: OrderStatus) -> None:
        view = OrderView.from_order(order(status), NOW)
        assert view.outcome
        assert view.outcome_more


SOME_TIME = OrderStepRead(status=OrderStatus.CREATED, at=NOW, expires_at=NOW + 15 * MINUTE)


def happened(*steps: tuple[int, OrderStatus, int], declines: tuple[int, ...] = ()) -> list[str]:
    """Return the timeline of a held order after `steps` (after minutes, to, minutes of the deadline)."""
    taken = [
        OrderStepRead(status=to, at=NOW + at * MINUTE, expires_at=NOW + deadline * MINUTE)
        for at, to, deadline in steps
    ]
    detail = order(OrderStatus.CREATED).model_copy(update={"timeline": [SOME_TIME, *taken]})
    told = timeline.timeline(
        detail, [DeclineRead(at=NOW + at * MINUTE, message="No money.") for at in declines], NOW
    )
    return [" - ".join(filter(None, (entry.text, entry.more))) for entry in told]


class TestTimeline:
    def test_begins_with_lock(self) -> None:
        assert happened() == ["Ticket locked for you - Until 12:15\u202fPM UTC"]

    def test_includes_refund(self) -> None:
        told = happened(
            (1, OrderStatus.AWAITING_PAYMENT, 15),
            (2, OrderStatus.CAPTURING, 15),
            (3, OrderStatus.COMPLETED, 15),
            (4, OrderStatus.REFUNDING, 15),
            (5, OrderStatus.REFUNDED, 15),
            (6, OrderStatus.REFUNDING, 15),
        )
        assert told[1:] == [
            "Payment started",
            "Card approved",
            "Paid $40.00",
            "Refund started",
            "Refunded $40.00",
            "The bank sent the money back to us",
        ]

    def test_includes_decline_and_extension(self) -> None:
        told = happened(
            (14, OrderStatus.AWAITING_PAYMENT, 16),
            (15, OrderStatus.CREATED, 16),
            (16, OrderStatus.AWAITING_PAYMENT, 16),
            declines=(15,),
        )
        assert told[1:] == [
            "Payment started",
            "Time extended once, for the card check - Until 12:16\u202fPM UTC",
            "No money - Your card was not charged.",
            "Payment started",
        ]

    def test_includes_early_decline_once(self) -> None:
        told = happened(
            (1, OrderStatus.AWAITING_PAYMENT, 15), (3, OrderStatus.CREATED, 15), declines=(2,)
        )
        assert told[1:] == ["Payment started", "No money - Your card was not charged."]

    def test_includes_failure_without_decline(self) -> None:
        told = happened((1, OrderStatus.AWAITING_PAYMENT, 15), (2, OrderStatus.CREATED, 15))
        assert told[1:] == ["Payment started", "The payment did not go through"]

    @pytest.mark.parametrize(
        ("end", "told"),
        [
            (OrderStatus.CANCELLED, "Order cancelled, ticket released"),
            (OrderStatus.EXPIRED, "Time over, ticket released"),
        ],
    )
    def test_includes_end(self, end: OrderStatus, told: str) -> None:
        assert happened((15, end, 15))[1:] == [told]

    def test_has_text_for_each_step(self) -> None:
        assert set(timeline.STEPS) == set(OrderStatus)

    def test_names_day_once(self) -> None:
        late = SOME_TIME.model_copy(update={"at": NOW + 13 * 60 * MINUTE})
        steps = [SOME_TIME, SOME_TIME, late]
        detail = order(OrderStatus.CREATED).model_copy(update={"timeline": steps})
        assert [entry.when for entry in timeline.timeline(detail, [], NOW)] == [
            "Jan 2, 2027, 12:00\u202fPM UTC",
            "12:00\u202fPM UTC",
            "Jan 3, 2027, 1:00\u202fAM UTC",
        ]


class TestWithCurrency:
    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            ("$40.00", "usd", "$40.00 USD"),
            ("€40.00", "eur", "€40.00 EUR"),
            ("CHF 40.00", "chf", "CHF 40.00"),
            ("40,00 US$", "usd", "40,00 US$"),
        ],
    )
    def test_appends_ambiguous_currency(self, amount: str, currency: str, text: str) -> None:
        assert views.with_currency(amount, currency) == text
