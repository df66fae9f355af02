"""Random schedules of all events of a ticket; the rules hold after each step."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories, invariants
from tests.integration.payments import emulator, sales
from tests.integration.payments.emulator import DISPUTED, VISA
from tests.integration.payments.sales import Sale
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.devstack.stack import Stack
from ticketing_app.orders import rules
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import order_payment, release
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.payments.rules import DISPUTE_KINDS
from ticketing_app.payments.service import refund
from ticketing_app.tickets.schemas.tickets import TicketRead, TicketUpdate
from ticketing_app.tickets.service import tickets


class Market:
    """One seat, its seller, three buyers, and every order there ever was."""

    def __init__(self, seller: UserRead, buyers: list[UserRead], ticket: TicketRead) -> None:
        self.seller = seller
        self.buyers = buyers
        self.listings = [ticket]
        self.held: list[OrderRead] = []
        self.seen: dict[str, OrderStatus] = {}

    async def hold(self, nth: int) -> None:
        buyer = self.buyers[nth % len(self.buyers)]
        self.held.append(await factories.hold(self.listings[-1], buyer))

    async def pay(self, nth: int) -> None:
        order = self._order(nth)
        sale = await self._sale(order)
        await sales.press_pay(sale)
        await emulator.enter_card(sale.secret, DISPUTED if nth == 0 else VISA)
        await sales.settle_sale(sale)

    async def refund(self, nth: int) -> None:
        async with db.transaction() as session:
            charge_id = await refund.request_refund(
                session, order_id=self._order(nth).id, reason="The concert was moved."
            )
        await refund.execute_refund(db.transaction, charge_id=charge_id)

    async def hear_of_disputes(self, _: int) -> None:
        await sales.deliver_webhooks(*DISPUTE_KINDS)

    async def relist(self, nth: int) -> None:
        order = self._order(nth)
        (buyer,) = [each for each in self.buyers if each.id == order.buyer_id]
        ticket = await factories.read_ticket(order.ticket.id)
        owner = buyer if nth % 2 else self.seller
        self.listings.append(await sales.relist(ticket, owner))

    async def cancel(self, nth: int) -> None:
        order = self._order(nth)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=order.buyer_id, order_id=order.id)

    async def lapse(self, nth: int) -> None:
        await factories.let_hold_lapse(self._order(nth).id)

    async def expire(self, _: int) -> None:
        async with db.transaction() as session:
            await release.expire_due_orders(session, limit=10)

    async def confirm(self, nth: int) -> None:
        async with db.transaction() as session:
            await order_payment.start_confirming(session, order_id=self._order(nth).id)

    async def decline(self, nth: int) -> None:
        async with db.transaction() as session:
            await order_payment.return_to_created(session, order_id=self._order(nth).id)

    async def claim(self, nth: int) -> None:
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=self._order(nth).id)

    async def give_up(self, nth: int) -> None:
        async with db.transaction() as session:
            order_id = self._order(nth).id
            await release.cancel_unpaid(session, order_id=order_id, is_void_at_stripe=nth % 2 == 0)

    async def edit(self, nth: int) -> None:
        change = TicketUpdate.model_validate({"title": f"Edition {nth}", "price": 10 + nth})
        newest = self.listings[-1]
        async with db.transaction() as session:
            await tickets.update_ticket(
                session, seller_id=newest.seller_id, ticket_id=newest.id, ticket=change
            )

    async def check_no_one_rose_again(self) -> None:
        """Ended orders stay ended, and every change is an allowed transition."""
        for order in self.held:
            async with db.transaction() as session:
                now = (await order_payment.get_payable(session, order_id=order.id)).status
            before = self.seen.get(str(order.id), OrderStatus.CREATED)
            assert before not in rules.ENDED_UNPAID or now == before
            self.seen[str(order.id)] = now

    async def _sale(self, order: OrderRead) -> Sale:
        (buyer,) = [each for each in self.buyers if each.id == order.buyer_id]
        ticket = await factories.read_ticket(order.ticket.id)
        return Sale(buyer, ticket, order, await sales.open_payment(order, buyer))

    def _order(self, nth: int) -> OrderRead:
        if not self.held:
            raise OrderNotFoundError
        return self.held[-1 - nth % len(self.held)]


STEPS: list[Callable[[Market, int], Awaitable[None]]] = [
    Market.hold,
    Market.hold,
    Market.hold,
    Market.pay,
    Market.pay,
    Market.relist,
    Market.relist,
    Market.refund,
    Market.hear_of_disputes,
    Market.cancel,
    Market.lapse,
    Market.expire,
    Market.confirm,
    Market.decline,
    Market.claim,
    Market.give_up,
    Market.edit,
]
Schedule = list[tuple[Callable[[Market, int], Awaitable[None]], int]]
SCHEDULES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), min_size=4, max_size=14)


async def follow(schedule: Schedule, stack: Stack) -> None:
    seller = await factories.make_user()
    ticket = await factories.make_ticket(seller)
    market = Market(seller, [await factories.make_user() for _ in range(3)], ticket)
    for step, nth in schedule:
        # Refusals are fine, as long as no rule is broken.
        with suppress(AppError):
            await step(market, nth)
        await market.check_no_one_rose_again()
    env = stack.env
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


def of(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        # Examples share the tables, so each has its own users and ticket.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.no_cover  # Tracing would double its time; other tests cover the same lines.
@pytest.mark.usefixtures("stripe_books")
class TestSchedules:
    @of(60)
    @given(schedule=SCHEDULES)
    async def test_no_schedule_breaks_a_rule(self, schedule: Schedule, stack: Stack) -> None:
        await follow(schedule, stack)

    @pytest.mark.slow
    @of(1500)
    @given(schedule=SCHEDULES)
    async def test_no_schedule_of_many_breaks_a_rule(
        self, schedule: Schedule, stack: Stack
    ) -> None:
        await follow(schedule, stack)
