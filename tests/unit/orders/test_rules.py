import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing_app.core import db
from ticketing_app.orders import rules
from ticketing_app.orders.models import Order
from ticketing_app.orders.rules import GiftStatus, OrderStatus, Sale

NOW = datetime(2027, 5, 1, 20, tzinfo=UTC)


class TestSources:
    def test_an_order_that_ended_unpaid_is_final(self) -> None:
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
    def test_any_sequence_ends_unpaid_at_most_once(self, targets: list[OrderStatus]) -> None:
        status, ended = OrderStatus.CREATED, 0
        for target in targets:
            if status in rules.SOURCES[target]:
                assert status not in rules.ENDED_UNPAID
                status = target
                ended += target in rules.ENDED_UNPAID
        assert ended <= 1


class TestPointOfNoReturn:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_a_buyer_pays_or_cancels_only_before_it(self, status: OrderStatus) -> None:
        is_before = status in {OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT}
        assert (status in rules.BUYER_CAN_CANCEL) is is_before
        assert rules.can_pay(status) is is_before


class TestActive:
    def test_matches_the_unique_index(self) -> None:
        (index,) = [
            index
            for index in Order.metadata.tables["orders"].indexes
            if index.name == "uq_orders_one_active_per_ticket"
        ]
        counted = str(index.dialect_options["postgresql"]["where"])
        assert set(re.findall(r"'(\w+)'", counted)) == {status.value for status in rules.ACTIVE}


class TestStatusNow:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_is_expired_from_the_deadline_on(self, status: OrderStatus) -> None:
        assert rules.status_now(status, is_running=True) is status
        expected = OrderStatus.EXPIRED if status in rules.PAYABLE else status
        assert rules.status_now(status, is_running=False) is expected


ANA, BEN, CARA, FRIEND = [db.new_id() for _ in range(4)]
COMPLETED, REFUNDING, REFUNDED = (
    OrderStatus.COMPLETED,
    OrderStatus.REFUNDING,
    OrderStatus.REFUNDED,
)


def chain(*statuses: OrderStatus, disputed: int | None = None) -> list[Sale]:
    """Return the sales from Ana to Ben and from Ben to Cara, newest first; `statuses` oldest first."""
    people = [(ANA, BEN), (BEN, CARA)]
    sales = [
        Sale(db.new_id(), db.new_id(), status, nth == disputed, buyer, seller)
        for nth, (status, (seller, buyer)) in enumerate(zip(statuses, people, strict=False))
    ]
    return sales[::-1]


class TestItemStatus:
    @pytest.mark.parametrize("status", sorted(set(OrderStatus) - rules.PAID))
    def test_of_an_unpaid_order_is_that_of_the_order(self, status: OrderStatus) -> None:
        assert rules.item_status(status, is_requested=True, is_refunded=True) is status

    @pytest.mark.parametrize(
        ("status", "is_requested", "is_refunded", "expected"),
        [
            (OrderStatus.COMPLETED, False, False, OrderStatus.COMPLETED),
            (OrderStatus.COMPLETED, True, False, OrderStatus.REFUNDING),
            (OrderStatus.COMPLETED, True, True, OrderStatus.REFUNDED),
            (OrderStatus.REFUNDING, True, False, OrderStatus.REFUNDING),
            (OrderStatus.REFUNDING, True, True, OrderStatus.REFUNDED),
            # The previous version of the program does not mark the items.
            (OrderStatus.REFUNDING, False, False, OrderStatus.REFUNDING),
            (OrderStatus.REFUNDED, False, False, OrderStatus.REFUNDED),
        ],
    )
    def test_may_be_ahead_of_the_order(
        self,
        *,
        status: OrderStatus,
        is_requested: bool,
        is_refunded: bool,
        expected: OrderStatus,
    ) -> None:
        found = rules.item_status(status, is_requested=is_requested, is_refunded=is_refunded)
        assert found is expected


class TestRefundStatus:
    @pytest.mark.parametrize("status", sorted(rules.PAID))
    def test_follows_all_items(self, status: OrderStatus) -> None:
        found = [
            rules.refund_status(status, is_requested=is_requested, is_refunded=is_refunded)
            for is_requested, is_refunded in ((False, False), (True, False), (True, True))
        ]
        assert found == [status, OrderStatus.REFUNDING, OrderStatus.REFUNDED]


class TestOwnerOf:
    @pytest.mark.parametrize(
        ("sales", "owner", "keeper"),
        [
            (chain(COMPLETED), BEN, BEN),
            (chain(REFUNDING), None, ANA),
            (chain(REFUNDED), ANA, ANA),
            (chain(COMPLETED, COMPLETED), CARA, CARA),
            (chain(COMPLETED, REFUNDING), None, BEN),
            (chain(COMPLETED, REFUNDED), BEN, BEN),
            (chain(REFUNDED, COMPLETED), CARA, CARA),
            (chain(REFUNDED, REFUNDED), ANA, ANA),
            (chain(REFUNDING, REFUNDED), None, ANA),
            (chain(REFUNDED, REFUNDING), None, ANA),
            (chain(COMPLETED, disputed=0), None, None),
            (chain(COMPLETED, COMPLETED, disputed=0), CARA, CARA),
            (chain(COMPLETED, REFUNDED, disputed=0), None, None),
            ([], None, None),
        ],
    )
    def test_is_the_last_buyer_without_refund(
        self, sales: list[Sale], owner: UUID | None, keeper: UUID | None
    ) -> None:
        assert (rules.owner_of(sales), rules.eventual_owner_of(sales)) == (owner, keeper)


def given_chain(*statuses: OrderStatus, disputed: int | None = None) -> list[Sale]:
    """Return the sales of `chain`, but Ben gave the seat to his friend, who sold it to Cara."""
    *later, first = chain(*statuses, disputed=disputed)
    return [*(sale._replace(seller_id=FRIEND) for sale in later), first._replace(holder_id=FRIEND)]


class TestOwnerOfGift:
    @pytest.mark.parametrize(
        ("sales", "owner", "keeper"),
        [
            (given_chain(COMPLETED), FRIEND, FRIEND),
            (given_chain(REFUNDING), None, ANA),
            (given_chain(REFUNDED), ANA, ANA),
            (given_chain(COMPLETED, COMPLETED), CARA, CARA),
            (given_chain(REFUNDED, COMPLETED), CARA, CARA),
            (given_chain(COMPLETED, REFUNDING), None, FRIEND),
            (given_chain(COMPLETED, REFUNDED), FRIEND, FRIEND),
            (given_chain(REFUNDED, REFUNDED), ANA, ANA),
            (given_chain(COMPLETED, disputed=0), None, None),
        ],
    )
    def test_is_the_friend_while_the_purchase_is_valid(
        self, sales: list[Sale], owner: UUID | None, keeper: UUID | None
    ) -> None:
        assert (rules.owner_of(sales), rules.eventual_owner_of(sales)) == (owner, keeper)

    @pytest.mark.parametrize(("purchase", "are_unowned"), [(COMPLETED, False), (REFUNDED, True)])
    def test_a_sale_by_the_friend_needs_the_purchase(
        self, purchase: OrderStatus, *, are_unowned: bool
    ) -> None:
        sales = given_chain(purchase, COMPLETED)
        assert rules.unowned_sales(sales) == (sales[:1] if are_unowned else [])


class TestGiftStatusNow:
    @pytest.mark.parametrize("status", list(GiftStatus))
    def test_an_offer_lapses_at_its_end(self, status: GiftStatus) -> None:
        assert rules.gift_status_now(status, is_running=True) is status
        expected = GiftStatus.LAPSED if status is GiftStatus.OFFERED else status
        assert rules.gift_status_now(status, is_running=False) is expected


class TestUnownedSales:
    @pytest.mark.parametrize(
        ("sales", "are_unowned"),
        [
            (chain(COMPLETED, COMPLETED), False),
            (chain(REFUNDED, COMPLETED), True),
            (chain(REFUNDING, COMPLETED), True),
            (chain(REFUNDED, REFUNDED), False),
            (chain(REFUNDED, REFUNDING), False),
            (chain(COMPLETED, COMPLETED, disputed=0), True),
            (chain(COMPLETED), False),
        ],
    )
    def test_are_by_sellers_with_two_incomes(self, sales: list[Sale], *, are_unowned: bool) -> None:
        assert rules.unowned_sales(sales) == (sales[:1] if are_unowned else [])


class TestGraceUntil:
    def test_extends_near_the_deadline(self) -> None:
        assert rules.grace_until(
            NOW + timedelta(seconds=1), NOW, 120, is_grace_used=False
        ) == NOW + timedelta(seconds=120)

    def test_keeps_a_distant_deadline(self) -> None:
        assert (
            rules.grace_until(NOW + timedelta(seconds=121), NOW, 120, is_grace_used=False) is None
        )

    def test_extends_once(self) -> None:
        assert rules.grace_until(NOW + timedelta(seconds=1), NOW, 120, is_grace_used=True) is None


KEPT = st.floats(0, 20_000)


def pause(kept: float) -> float:
    return rules.cooldown_seconds(kept, hold_seconds=900, base_seconds=60)


class TestCooldownSeconds:
    @pytest.mark.parametrize(
        ("kept", "seconds"),
        [
            (0, 0),
            (5, 0.15),
            (60, 2),
            (15 * 59, 58),
            (900, 60),
            (1800, 300),
            (2700, 1260),
            (4500, 20_460),
        ],
    )
    def test_grows_faster_than_the_hold(self, kept: float, seconds: float) -> None:
        assert pause(kept) == pytest.approx(seconds, rel=0.05, abs=0.5)

    def test_is_zero_when_switched_off(self) -> None:
        assert rules.cooldown_seconds(9000, hold_seconds=900, base_seconds=0) == 0

    @given(st.lists(KEPT, min_size=1, max_size=20))
    def test_is_the_same_for_split_holds(self, parts: list[float]) -> None:
        whole = sum(parts)
        after_each = [pause(sum(parts[: nth + 1])) for nth in range(len(parts))]
        assert after_each[-1] == pytest.approx(pause(whole))
        assert after_each == sorted(after_each)
        assert sum(after_each) >= pause(whole) * (1 - 1e-9)

    @given(KEPT, KEPT)
    def test_grows_with_the_hold(self, kept: float, more: float) -> None:
        assert pause(kept + more) >= pause(kept) >= 0

    @given(st.floats(0, 1e12))
    def test_never_overflows(self, kept: float) -> None:
        assert pause(kept) <= pause(8 * 900)
        assert pause(8 * 900) > rules.COOLDOWN_WINDOW.total_seconds()


class TestSeenOffer:
    @pytest.mark.parametrize(
        ("seen", "is_same"),
        [
            (rules.ANY_OFFER, True),
            (rules.SeenOffer(version=2), True),
            (rules.SeenOffer(version=1), False),
            (rules.SeenOffer(price_cents=4000), True),
            (rules.SeenOffer(price_cents=3900), False),
            (rules.SeenOffer(version=2, price_cents=3900), False),
        ],
    )
    def test_compares_what_was_seen(self, seen: rules.SeenOffer, *, is_same: bool) -> None:
        assert seen.is_of(version=2, price_cents=4000) is is_same
