import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing_app.core import db
from ticketing_app.orders import rules
from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import OrderStatus

NOW = datetime(2027, 5, 1, 20, tzinfo=UTC)


class TestSources:
    def test_nothing_leads_out_of_an_order_that_ended_unpaid(self) -> None:
        for sources in rules.SOURCES.values():
            assert not sources & rules.ENDED_UNPAID

    def test_a_completed_order_neither_expires_nor_is_cancelled(self) -> None:
        for target in rules.ENDED_UNPAID:
            assert OrderStatus.COMPLETED not in rules.SOURCES[target]

    def test_only_a_captured_order_completes(self) -> None:
        assert rules.SOURCES[OrderStatus.COMPLETED] == {OrderStatus.CAPTURING}

    def test_an_order_that_is_being_captured_never_expires(self) -> None:
        assert OrderStatus.CAPTURING not in rules.SOURCES[OrderStatus.EXPIRED]

    @given(st.lists(st.sampled_from(list(rules.SOURCES)), max_size=12))
    def test_any_walk_ends_unpaid_at_most_once_and_for_good(
        self, targets: list[OrderStatus]
    ) -> None:
        status, ended = OrderStatus.CREATED, 0
        for target in targets:
            if status in rules.SOURCES[target]:
                assert status not in rules.ENDED_UNPAID
                status = target
                ended += target in rules.ENDED_UNPAID
        assert ended <= 1


class TestPointOfNoReturn:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_a_buyer_pays_or_lets_go_only_before_it(self, status: OrderStatus) -> None:
        is_before = status in {OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT}
        assert (status in rules.BUYER_CAN_CANCEL) is is_before
        assert rules.can_pay(status) is is_before


class TestActive:
    def test_is_what_the_unique_index_counts(self) -> None:
        (index,) = [
            index
            for index in Order.metadata.tables["orders"].indexes
            if index.name == "uq_orders_one_active_per_ticket"
        ]
        counted = str(index.dialect_options["postgresql"]["where"])
        assert set(re.findall(r"'(\w+)'", counted)) == {status.value for status in rules.ACTIVE}


class TestStatusNow:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_is_expired_past_the_deadline_of_a_hold_closed_or_not(
        self, status: OrderStatus
    ) -> None:
        assert rules.status_now(status, is_running=True) is status
        expected = OrderStatus.EXPIRED if status in rules.PAYABLE else status
        assert rules.status_now(status, is_running=False) is expected


class TestOwnerOf:
    def test_the_buyers_once_paid_and_the_sellers_once_refunded(self) -> None:
        buyer_id, seller_id = db.new_id(), db.new_id()
        owners = {
            status: rules.owner_of(status, buyer_id=buyer_id, seller_id=seller_id)
            for status in OrderStatus
        }
        assert {status: owner for status, owner in owners.items() if owner} == {
            OrderStatus.COMPLETED: buyer_id,
            OrderStatus.REFUNDED: seller_id,
        }


class TestGraceUntil:
    def test_gives_the_grace_near_the_end(self) -> None:
        assert rules.grace_until(
            NOW + timedelta(seconds=1), NOW, 120, is_grace_used=False
        ) == NOW + timedelta(seconds=120)

    def test_leaves_a_deadline_that_is_far_enough(self) -> None:
        assert (
            rules.grace_until(NOW + timedelta(seconds=121), NOW, 120, is_grace_used=False) is None
        )

    def test_gives_it_once(self) -> None:
        assert rules.grace_until(NOW + timedelta(seconds=1), NOW, 120, is_grace_used=True) is None
