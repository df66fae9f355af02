"""Sentences and values that the pages show of orders."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.core import db
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead, OrderTicket
from ticketing_app.ui.orders import views
from ticketing_app.ui.orders.views import OrderRow, OrderView

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)


def order(status: OrderStatus, *, seconds_left: int = 900, price_cents: int = 4000) -> OrderRead:
    return OrderRead(
        id=db.new_id(),
        status=status,
        expires_at=NOW + timedelta(seconds=seconds_left),
        user_id=db.new_id(),
        price_cents=price_cents,
        currency="usd",
        created_at=datetime(2027, 1, 2, tzinfo=UTC),
        ticket=OrderTicket(id=db.new_id(), title="The Paper Lanterns", price_cents=price_cents),
    )


class TestOrderView:
    def test_uses_the_words_of_the_product_while_held(self) -> None:
        view = OrderView.from_order(order(OrderStatus.CREATED), NOW)
        assert view.heading == "Purchasing The Paper Lanterns"
        assert view.pay_label == "Pay $40.00"
        assert (view.can_pay, view.is_checking, view.is_paid, view.ending) == (
            True,
            False,
            False,
            "",
        )
        assert datetime.fromisoformat(view.deadline) - datetime.fromisoformat(
            view.now
        ) == timedelta(seconds=900)

    @pytest.mark.parametrize("seconds_left", [0, -1])
    def test_is_over_at_its_deadline_whatever_the_worker_did(self, seconds_left: int) -> None:
        view = OrderView.from_order(order(OrderStatus.CREATED, seconds_left=seconds_left), NOW)
        assert (view.status, view.can_pay, view.deadline) == ("expired", False, "")
        assert "not charged" in view.ending

    def test_can_be_paid_again_while_a_card_is_checked(self) -> None:
        view = OrderView.from_order(order(OrderStatus.AWAITING_PAYMENT), NOW)
        assert (view.can_pay, view.is_checking) == (True, True)

    def test_has_no_deadline_once_the_money_is_taken(self) -> None:
        view = OrderView.from_order(order(OrderStatus.CAPTURING, seconds_left=-60), NOW)
        assert (view.status, view.deadline, view.can_pay, view.is_checking) == (
            "capturing",
            "",
            False,
            True,
        )

    def test_is_a_receipt_when_paid(self) -> None:
        view = OrderView.from_order(order(OrderStatus.COMPLETED, price_cents=4050), NOW)
        assert (view.heading, view.paid_line) == (
            "You are going: The Paper Lanterns",
            "Paid $40.50",
        )

    @pytest.mark.parametrize("status", list(views.ENDINGS))
    def test_tells_what_the_end_means_for_the_money(self, status: OrderStatus) -> None:
        view = OrderView.from_order(order(status), NOW)
        assert view.ending
        assert view.heading == "The Paper Lanterns"
        assert not view.can_pay


class TestOrderRow:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_has_a_label_for_every_status(self, status: OrderStatus) -> None:
        row = OrderRow.from_order(order(status), NOW)
        assert row.status_label == views.STATUS_LABELS[status]
        assert row.ordered == "Ordered 2 Jan 2027"


class TestExactAmount:
    @pytest.mark.parametrize(
        ("cents", "currency", "text"),
        [(4000, "usd", "$40.00"), (4050, "usd", "$40.50"), (4000, "chf", "40.00 CHF")],
    )
    def test_names_the_cents(self, cents: int, currency: str, text: str) -> None:
        assert views.exact_amount(cents, currency) == text
