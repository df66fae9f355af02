"""Schedules of all events of payments, in any order, with crashes at every await.

Processes, buyers, Stripe and time move one step each, chosen by Hypothesis; a schedule that breaks a rule is
shrunk and printed. `simulation.py` has a map of the simulator.
"""

import asyncio
from collections.abc import Generator
from contextlib import AsyncExitStack
from typing import ClassVar

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import invariants
from tests.hold_judge import judged_holds
from tests.integration.payments import emulator
from tests.integration.payments.actors import FAULTS, FINISH, StepPlan, intercept_actors
from tests.integration.payments.emulator import (
    ASKS_3DS,
    ASKS_3DS_NO_MONEY,
    DECLINED,
    DISPUTED,
    NO_MONEY,
    REFUND_FAILS,
    VISA,
)
from tests.integration.payments.simulation import Purchase, Simulation
from tests.integration.payments.snapshot import Snapshot
from ticketing_app.core import db, redis
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.messaging import outbox
from ticketing_app.payments.gateway import client
from ticketing_app.payments.service import audit
from ticketing_app.subscriptions import WORK
from ticketing_app.work import jobs, nudge

STEPS = 20
NEVER_SECONDS = 3600
NTH = st.sampled_from([0, 0, 0, 0, 1, 2])
NEWEST = -1
TICKETS = st.sampled_from([0, 1, 2, NEWEST, NEWEST])
OWNERS = st.sampled_from([0, 0, 0, 1, 1, 2])
COUNTS = st.sampled_from([1, 1, 2, 2, 3, 4])
ITEMS = st.sampled_from([None, 0, 0, 1, 2])
CARDS = st.sampled_from(
    [VISA] * 5 + [DECLINED, NO_MONEY, ASKS_3DS, ASKS_3DS_NO_MONEY]
) | st.sampled_from([VISA, REFUND_FAILS, DISPUTED])
BY_HAND = st.sampled_from(
    [
        ["capture"],
        ["capture", "refund"],
        ["cancel"],
        ["refund"],
        ["refund a part"],
        ["refund an item"],
        ["refund a part", "refund"],
        ["win"],
        ["lose"],
    ]
)
PLANS = st.builds(
    StepPlan,
    stops=st.integers(0, 7),
    then=st.sampled_from(["finish", "wait", "wait"])
    | st.sampled_from(["die", *FAULTS])
    | st.integers(1, 14),
)
# Few refunds, so most of them run into a fault.
REFUNDS = st.builds(
    StepPlan, stops=st.integers(0, 4), then=st.sampled_from(["finish", "wait", "die", *FAULTS])
)
LISTINGS = st.builds(StepPlan, stops=st.just(0), then=st.sampled_from(["finish", "finish", "wait"]))


class PaymentMachine(RuleBasedStateMachine):
    """Four seats, three buyers, any number of processes; `nth` is 0 for the newest of its kind."""

    runner: ClassVar[asyncio.Runner]
    snapshot: ClassVar[Snapshot]
    beginning: ClassVar[Simulation]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.runner.run
        self.run(self.snapshot.restore())
        self.simulation = self.beginning.copy()

    def purchase(self, nth: int) -> Purchase:
        return self.simulation.purchases[-1 - nth % len(self.simulation.purchases)]

    @initialize(number=st.none() | CARDS, is_settled=st.booleans(), owners=OWNERS, count=COUNTS)
    def begin(self, number: str | None, *, is_settled: bool, owners: int, count: int) -> None:
        """Start with a buyer who sees the card form, used it, or knows the outcome.

        `owners` others bought the ticket before, one from the other, the first with `count - 1` others.
        """
        for nth in range(owners):
            self.run(self.simulation.buy(nth, count))
        self.run(self.simulation.hold(owners, NEWEST if owners else 0, count))
        self.run(self.simulation.open_payment(self.purchase(0), FINISH))
        if number:
            self.run(self.simulation.press_pay(self.purchase(0), FINISH))
            self.run(self.simulation.enter_card(self.purchase(0), number))
        if is_settled:
            self.run(self.simulation.settle(self.purchase(0), FINISH))

    # ---- buyers --------------------------------------------------------------------------------

    @rule(buyer=st.integers(0, 2), ticket=TICKETS, count=COUNTS, plan=PLANS)
    def hold(self, buyer: int, ticket: int, count: int, plan: StepPlan) -> None:
        self.run(self.simulation.hold(buyer, ticket, count))
        self.run(self.simulation.open_payment(self.purchase(0), plan))

    @rule(nth=NTH, plan=PLANS)
    def open_payment(self, nth: int, plan: StepPlan) -> None:
        self.run(self.simulation.open_payment(self.purchase(nth), plan))

    @rule(nth=NTH, pressed=PLANS, number=CARDS, asked=PLANS)
    def pay(self, nth: int, pressed: StepPlan, number: str, asked: StepPlan) -> None:
        """Press Pay in any tab; the card reaches Stripe even if the announcement fails."""
        self.run(self.simulation.press_pay(self.purchase(nth), pressed))
        self.run(self.simulation.enter_card(self.purchase(nth), number))
        self.run(self.simulation.settle(self.purchase(nth), asked))

    @rule(nth=NTH, number=CARDS)
    def enter_card(self, nth: int, number: str) -> None:
        self.run(self.simulation.enter_card(self.purchase(nth), number))

    @rule(nth=NTH, passes=st.booleans())
    def answer_3ds(self, nth: int, *, passes: bool) -> None:
        self.run(self.simulation.answer_3ds(self.purchase(nth), passes=passes))

    @rule(nth=NTH, plan=PLANS)
    def settle(self, nth: int, plan: StepPlan) -> None:
        self.run(self.simulation.settle(self.purchase(nth), plan))

    @rule(nth=NTH, plan=PLANS)
    def cancel(self, nth: int, plan: StepPlan) -> None:
        self.run(self.simulation.cancel(self.purchase(nth), plan))

    @rule(nth=NTH, plan=LISTINGS, by_buyer=st.booleans(), item=ITEMS)
    def relist(self, nth: int, plan: StepPlan, *, by_buyer: bool, item: int | None) -> None:
        self.run(self.simulation.relist(self.purchase(nth), plan, by_buyer=by_buyer, item=item))

    @rule(ticket=TICKETS, plan=LISTINGS, is_resumed=st.booleans())
    def pause(self, ticket: int, plan: StepPlan, *, is_resumed: bool) -> None:
        """Pause or resume the listing of a ticket."""
        self.run(self.simulation.pause(ticket, plan, is_resumed=is_resumed))

    # ---- time, workers, operators, Stripe ------------------------------------------------------

    @rule(nth=NTH)
    def lapse(self, nth: int) -> None:
        self.run(self.simulation.lapse(self.purchase(nth)))

    @rule(plan=PLANS)
    def expire(self, plan: StepPlan) -> None:
        self.run(self.simulation.expire(plan))

    @rule(nth=NTH, plan=PLANS)
    def sweep(self, nth: int, plan: StepPlan) -> None:
        self.run(self.simulation.sweep(self.purchase(nth), plan))

    @precondition(lambda self: self.simulation.paid)
    @rule(nth=NTH, plan=REFUNDS, item=ITEMS)
    def refund(self, nth: int, plan: StepPlan, item: int | None) -> None:
        paid = self.simulation.paid
        self.run(self.simulation.refund(paid[-1 - nth % len(paid)], plan, item))

    @rule(nth=st.integers(0, 15), plan=PLANS)
    def deliver(self, nth: int, plan: StepPlan) -> None:
        self.run(self.simulation.deliver(nth, plan))

    @rule(nth=NTH, actions=BY_HAND, is_reported=st.booleans())
    def act_in_dashboard(self, nth: int, actions: list[str], *, is_reported: bool) -> None:
        """Act in Stripe's Dashboard; `is_reported` delivers the last webhook at once."""
        for action in actions:
            self.run(self.simulation.act_in_dashboard(self.purchase(nth), action))
        if is_reported:
            self.run(self.simulation.deliver(0, FINISH))

    @rule()
    def finish_refunds(self) -> None:
        self.run(self.simulation.finish_refunds())

    # ---- processes -----------------------------------------------------------------------------

    @precondition(lambda self: self.simulation.actors)
    @rule(nth=NTH, plan=PLANS)
    def resume(self, nth: int, plan: StepPlan) -> None:
        actors = self.simulation.actors
        self.run(self.simulation.resume(actors[-1 - nth % len(actors)], plan))

    @precondition(lambda self: self.simulation.actors)
    @rule()
    def restart(self) -> None:
        self.run(self.simulation.restart())

    def teardown(self) -> None:
        self.run(self.simulation.close())


@pytest.fixture(scope="module")
def _event_loop(stack: Stack) -> Generator[None]:
    """Provide an event loop: Hypothesis runs the steps without one."""

    async def skip_nudge(*_: object) -> None:
        """Do nothing: no relay runs here."""

    urls = stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"]
    connections = AsyncExitStack()

    async def begin() -> None:
        await connections.enter_async_context(emulator.connect(urls[1]))
        await connections.enter_async_context(invariants.shared_connections(*urls))
        await connections.enter_async_context(judged_holds(urls[0]))
        await invariants.empty(*urls)
        await emulator.set_refund_delay(NEVER_SECONDS)
        PaymentMachine.beginning = await Simulation.create()
        PaymentMachine.snapshot = Snapshot(*urls)
        await PaymentMachine.snapshot.take()

    async def end() -> None:
        await emulator.set_refund_delay(seconds=0.2)
        await connections.aclose()
        for part in (db, client, redis):
            await part.dispose()

    with (
        pytest.MonkeyPatch.context() as patch,
        intercept_actors(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        # Schedules move the time, and their buyers return at once.
        patch.setenv("HOLD_COOLDOWN_SECONDS", "0")
        get_settings.cache_clear()
        patch.setattr(outbox, "nudge", skip_nudge)
        patch.setattr(nudge, "nudge", skip_nudge)
        # Sequential, so that a schedule is deterministic.
        sequential = {name: kind._replace(at_once=1) for name, kind in WORK.items()}
        patch.setattr(jobs, "KINDS", sequential)
        patch.setattr(audit, "WIDTH", 1)
        # A ping for each transaction of a schedule would take a tenth of its time.
        patch.setattr(db, "PING_AFTER_IDLE_SECONDS", NEVER_SECONDS)
        patch.setattr(PaymentMachine, "runner", runner, raising=False)
        runner.run(begin())
        yield
        runner.run(end())
    get_settings.cache_clear()


def walk(*, schedules: int) -> None:
    run_state_machine_as_test(
        PaymentMachine,
        settings=settings(
            max_examples=schedules,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.no_cover  # Tracing would double its time; other tests cover the same lines.
@pytest.mark.usefixtures("_event_loop")
class TestSchedules:
    @pytest.mark.stateful
    def test_no_schedule_breaks_a_rule(self) -> None:
        walk(schedules=200)

    # Not marked stateful, so that `-m stateful` is the short walk.
    @pytest.mark.slow
    def test_no_schedule_of_many_breaks_a_rule(self) -> None:
        walk(schedules=5000)
