"""Random schedules of a listing of several tickets; the rules hold after each one, those of a hold at each hold."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories, invariants
from tests.hold_judge import judged_holds
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.devstack.stack import Stack
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import order_payment, release
from ticketing_app.orders.service.access import OrderNotFoundError
from ticketing_app.tickets.rules import Split, longest_run
from ticketing_app.tickets.schemas.listings import ListingUpdate
from ticketing_app.tickets.schemas.tickets import TicketRead, TicketUpdate
from ticketing_app.tickets.service import listings, tickets

SEATS = 5


class SeatMarket:
    """A listing, its seller, three buyers, and their orders."""

    def __init__(self, buyers: list[UserRead], made: list[TicketRead]) -> None:
        self.buyers = buyers
        self.tickets = made
        self.orders: list[OrderRead] = []
        self.is_side_by_side = False

    async def hold_best(self, nth: int) -> None:
        quantity = 1 + nth % 4
        order = await factories.hold_best(self.tickets, quantity, self._buyer(nth))
        self.orders.append(order)
        places = [self._ids.index(item.ticket.id) for item in order.items]
        assert len(places) == quantity
        assert not self.is_side_by_side or longest_run(places) == quantity

    async def hold_chosen(self, nth: int) -> None:
        chosen = self.tickets[nth % SEATS :: 1 + nth % 2]
        order = await factories.hold_tickets(chosen, self._buyer(nth))
        self.orders.append(order)
        assert {item.ticket.id for item in order.items} == {ticket.id for ticket in chosen}

    async def cancel(self, nth: int) -> None:
        order = self._order(nth)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=order.buyer_id, order_id=order.id)

    async def lapse(self, nth: int) -> None:
        await factories.let_hold_lapse(self._order(nth).id, seconds_ago=0)

    async def expire(self, _: int) -> None:
        async with db.transaction() as session:
            await release.expire_due_orders(session, limit=10)

    async def confirm(self, nth: int) -> None:
        async with db.transaction() as session:
            await order_payment.start_confirming(session, order_id=self._order(nth).id)

    async def claim(self, nth: int) -> None:
        async with db.transaction() as session:
            await order_payment.claim_for_capture(session, order_id=self._order(nth).id)

    async def give_up(self, nth: int) -> None:
        async with db.transaction() as session:
            order_id = self._order(nth).id
            await release.cancel_unpaid(session, order_id=order_id, is_void_at_stripe=True)

    async def pause(self, nth: int) -> None:
        change = listings.pause_listing if nth % 2 else listings.resume_listing
        async with db.transaction() as session:
            await change(session, seller_id=self.tickets[0].seller_id, listing_id=self._listing_id)

    async def edit(self, nth: int) -> None:
        """Change the price and all rules of the listing."""
        is_side_by_side = bool(nth % 2)
        change = ListingUpdate(
            price_cents=5000 + nth, split=list(Split)[nth % 3], is_side_by_side=is_side_by_side
        )
        seller_id = self.tickets[0].seller_id
        async with db.transaction() as session:
            await listings.update_listing(
                session, seller_id=seller_id, listing_id=self._listing_id, listing=change
            )
        self.is_side_by_side = is_side_by_side

    async def leave(self, nth: int) -> None:
        ticket = self.tickets[nth % SEATS]
        dearer = TicketUpdate.model_validate({"title": ticket.title, "price": 50 + nth})
        async with db.transaction() as session:
            await tickets.update_ticket(
                session, seller_id=ticket.seller_id, ticket_id=ticket.id, ticket=dearer
            )

    @property
    def _listing_id(self) -> UUID:
        listing_id = self.tickets[0].listing_id
        assert listing_id
        return listing_id

    @property
    def _ids(self) -> list[UUID]:
        return [ticket.id for ticket in self.tickets]

    def _buyer(self, nth: int) -> UserRead:
        return self.buyers[nth % len(self.buyers)]

    def _order(self, nth: int) -> OrderRead:
        if not self.orders:
            raise OrderNotFoundError
        return self.orders[-1 - nth % len(self.orders)]


STEPS: list[Callable[[SeatMarket, int], Awaitable[None]]] = [
    SeatMarket.hold_best,
    SeatMarket.hold_best,
    SeatMarket.hold_best,
    SeatMarket.hold_chosen,
    SeatMarket.hold_chosen,
    SeatMarket.cancel,
    SeatMarket.lapse,
    SeatMarket.lapse,
    SeatMarket.expire,
    SeatMarket.confirm,
    SeatMarket.claim,
    SeatMarket.give_up,
    SeatMarket.pause,
    SeatMarket.edit,
    SeatMarket.leave,
]
Schedule = list[tuple[Callable[[SeatMarket, int], Awaitable[None]], int]]
SCHEDULES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=4, max_size=14)
SPLITS = st.sampled_from(list(Split))


async def follow(split: Split, schedule: Schedule, stack: Stack) -> None:
    made = await factories.make_tickets_together(seats=SEATS, split=split)
    market = SeatMarket([await factories.make_user() for _ in range(3)], made)
    env = stack.env
    async with judged_holds(env["DATABASE_URL"]):
        for step, nth in schedule:
            # Refusals are fine, as long as no rule is broken.
            with suppress(AppError):
                await step(market, nth)
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


def of(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.no_cover  # Tracing would double its time; other tests cover the same lines.
@pytest.mark.usefixtures("database")
class TestSchedules:
    @of(6)
    @given(split=SPLITS, schedule=SCHEDULES)
    async def test_no_schedule_breaks_a_rule(
        self, split: Split, schedule: Schedule, stack: Stack
    ) -> None:
        await follow(split, schedule, stack)

    @pytest.mark.slow
    @of(1000)
    @given(split=SPLITS, schedule=SCHEDULES)
    async def test_no_schedule_of_many_breaks_a_rule(
        self, split: Split, schedule: Schedule, stack: Stack
    ) -> None:
        await follow(split, schedule, stack)
