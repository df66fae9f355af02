"""Cool-down: after holding a ticket without paying, a buyer waits before holding it again."""

from collections.abc import Callable, Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests import factories
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings
from ticketing_app.orders import rules
from ticketing_app.orders.repository import hold as repository
from ticketing_app.orders.repository.hold import HoldLimits
from ticketing_app.orders.rules import OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import release
from ticketing_app.orders.service.refusals import HoldCooldownError
from ticketing_app.tickets.schemas.tickets import TicketRead

pytestmark = pytest.mark.usefixtures("database", "_holds_without_rate")


@pytest.fixture
def _holds_without_rate(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """No rate limit: it counts by the clock of Redis, which these tests do not move."""
    monkeypatch.setenv("HOLD_LIMIT_PER_MINUTE", "0")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


class TestCooldown:
    """Released and lapsed holds cause a pause; `held` holds the ticket for a time and releases it."""

    @pytest.fixture
    async def ticket(self) -> TicketRead:
        return await factories.make_ticket()

    @pytest.fixture
    async def buyer(self) -> UserRead:
        return await factories.make_user()

    async def held(self, ticket: TicketRead, buyer: UserRead, seconds: float) -> OrderRead:
        order = await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, seconds)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
        return order

    async def pause(self, ticket: TicketRead, buyer: UserRead) -> float:
        """Return the seconds until the buyer may hold the ticket again."""
        with pytest.raises(HoldCooldownError) as refusal:
            await factories.hold(ticket, buyer)
        return refusal.value.retry_after or 0

    async def test_is_zero_for_a_moment(self, ticket: TicketRead, buyer: UserRead) -> None:
        await self.held(ticket, buyer, 5)
        await factories.let_time_pass(ticket.id, 0.2)
        assert (await factories.hold(ticket, buyer)).status is OrderStatus.CREATED

    async def test_costs_a_minute_for_a_released_hold(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        await self.held(ticket, buyer, 899)
        assert 55 <= await self.pause(ticket, buyer) <= 60

    async def test_costs_as_much_for_a_lapsed_hold_closed_or_not(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 901)
        assert 55 <= await self.pause(ticket, buyer) <= 60
        assert await expire() == 1
        assert 55 <= await self.pause(ticket, buyer) <= 60

    async def test_costs_as_much_for_a_hold_that_another_took_over(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 901)
        other = await factories.make_user()
        order = await factories.hold(ticket, other)
        async with db.transaction() as session:
            await release.cancel_order(session, buyer_id=other.id, order_id=order.id)
        assert 55 <= await self.pause(ticket, buyer) <= 60

    async def test_grows_and_is_reported(self, ticket: TicketRead, buyer: UserRead) -> None:
        await self.held(ticket, buyer, 899)
        await factories.let_time_pass(ticket.id, 61)
        await self.held(ticket, buyer, 899)
        with pytest.raises(HoldCooldownError, match="hold it again in 5 min"):
            await factories.hold(ticket, buyer)

    async def test_allows_three_whole_holds_in_an_hour(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        holds, passed = 0, 0.0
        while passed < 3600:
            try:
                await factories.hold(ticket, buyer)
                holds += 1
                step = get_settings().order_hold_seconds
            except HoldCooldownError as refusal:
                step = refusal.retry_after or 1
            await factories.let_time_pass(ticket.id, step)
            passed += step
        assert holds == 3

    async def test_cannot_be_split(self, ticket: TicketRead, buyer: UserRead) -> None:
        for _ in range(15):
            await self.held(ticket, buyer, 59)
            await factories.let_time_pass(ticket.id, 60)
        await self.held(ticket, buyer, 14)
        assert 55 <= await self.pause(ticket, buyer) <= 65

    async def test_affects_one_buyer_and_one_ticket(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        await self.held(ticket, buyer, 899)
        await factories.hold(await factories.make_ticket(), buyer)
        await factories.hold(ticket)

    async def test_costs_nothing_a_day_later(self, ticket: TicketRead, buyer: UserRead) -> None:
        for _ in range(4):
            await self.held(ticket, buyer, 899)
            await factories.let_time_pass(ticket.id, 6000)
        await factories.let_time_pass(ticket.id, 86_400)
        await self.held(ticket, buyer, 899)
        assert 55 <= await self.pause(ticket, buyer) <= 60

    async def test_counts_a_payment_that_failed(self, ticket: TicketRead, buyer: UserRead) -> None:
        await self.end_unpaid(ticket, buyer, is_excused=False)
        assert 55 <= await self.pause(ticket, buyer) <= 60

    async def test_excuses_an_internal_failure(self, ticket: TicketRead, buyer: UserRead) -> None:
        await self.end_unpaid(ticket, buyer, is_excused=True)
        await factories.hold(ticket, buyer)

    async def end_unpaid(self, ticket: TicketRead, buyer: UserRead, *, is_excused: bool) -> None:
        order = await factories.hold(ticket, buyer)
        await factories.let_time_pass(ticket.id, 899)
        async with db.transaction() as session:
            await release.cancel_unpaid(session, order_id=order.id, is_excused=is_excused)

    async def test_excuses_cancellations_by_the_previous_release(
        self, ticket: TicketRead, buyer: UserRead
    ) -> None:
        await self.held(ticket, buyer, 899)
        async with db.transaction() as session:
            await (await session.connection()).execute(text("UPDATE orders SET ended_at = NULL"))
        await factories.hold(ticket, buyer)

    async def test_can_be_switched_off(
        self, ticket: TicketRead, buyer: UserRead, change_settings: Callable[..., None]
    ) -> None:
        change_settings(hold_cooldown_seconds=0)
        await self.held(ticket, buyer, 899)
        await factories.hold(ticket, buyer)

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(kept=st.lists(st.floats(0, 3000), min_size=1, max_size=6))
    async def test_matches_the_rule(self, ticket: TicketRead, kept: list[float]) -> None:
        buyer = await factories.make_user()
        statement = text("""
            INSERT INTO orders (id, buyer_id, ticket_id, quantity, title, price_cents, currency, status, is_grace_used,
                                version, created_at, expires_at, ended_at)
            SELECT :id, :buyer, :ticket, 1, 'A ticket', 100, 'usd', 'expired', false, 1, now(), now(),
                   now() + make_interval(secs => :kept)
        """)
        async with db.transaction() as session:
            connection = await session.connection()
            for seconds in kept:
                values = {"id": db.new_id(), "buyer": buyer.id, "ticket": ticket.id}
                await connection.execute(statement, values | {"kept": seconds})
            facts = await repository.get_ticket_facts(
                session,
                buyer_id=buyer.id,
                ticket_id=ticket.id,
                limits=HoldLimits(hold_seconds=900, max_open_holds=5, cooldown_seconds=60),
            )
            for statement in (
                "DELETE FROM order_items i USING orders o WHERE o.id = i.order_id AND o.buyer_id = :id",
                "DELETE FROM orders WHERE buyer_id = :id",
            ):
                await connection.execute(text(statement), {"id": buyer.id})
        assert facts.cooldown is not None
        rule = rules.cooldown_seconds(sum(kept), hold_seconds=900, base_seconds=60)
        assert facts.cooldown.total_seconds() == pytest.approx(
            max(kept) + rule, rel=1e-6, abs=0.001
        )


async def expire() -> int:
    async with db.transaction() as session:
        return await release.expire_due_orders(session, limit=10)
