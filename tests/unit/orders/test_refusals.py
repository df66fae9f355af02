"""Sentences for late payments and cancellations: they state what happened to the money."""

import pytest

from ticketing_app.orders.rules import ENDED_UNPAID, OrderStatus
from ticketing_app.orders.service.order_payment import OrderNotPayableError
from ticketing_app.orders.service.release import OrderNotCancellableError

ON_ITS_WAY = "This order is being refunded: your money is on its way back."
SENT = "This order was refunded: we sent your money back."
PAID = [OrderStatus.CAPTURING, OrderStatus.COMPLETED]
GIVEN_BACK = [(OrderStatus.REFUNDING, ON_ITS_WAY), (OrderStatus.REFUNDED, SENT)]


class TestOrderNotPayableError:
    @pytest.mark.parametrize("status", sorted(ENDED_UNPAID))
    def test_explains_that_the_card_was_not_charged(self, status: OrderStatus) -> None:
        assert OrderNotPayableError(status).message.endswith("Your card was not charged.")

    def test_names_the_cancellation(self) -> None:
        assert "was cancelled" in OrderNotPayableError(OrderStatus.CANCELLED).message

    @pytest.mark.parametrize("status", PAID)
    def test_promises_no_second_charge(self, status: OrderStatus) -> None:
        assert OrderNotPayableError(status).message.endswith("You are not charged twice.")

    @pytest.mark.parametrize(("status", "sentence"), GIVEN_BACK)
    def test_explains_the_refund(self, status: OrderStatus, sentence: str) -> None:
        assert OrderNotPayableError(status).message == f"{sentence} You are not charged again."


class TestOrderNotCancellableError:
    @pytest.mark.parametrize("status", PAID)
    def test_explains_that_it_is_too_late(self, status: OrderStatus) -> None:
        assert OrderNotCancellableError(status).message.endswith("so it cannot be cancelled.")

    @pytest.mark.parametrize(("status", "sentence"), GIVEN_BACK)
    def test_explains_the_refund(self, status: OrderStatus, sentence: str) -> None:
        assert OrderNotCancellableError(status).message == sentence
