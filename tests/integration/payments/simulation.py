"""A listing of four seats, three buyers, and every event between them, the site and Stripe.

Map of the payment simulator:

- `test_stateful.py`: a Hypothesis state machine. Each of its rules is one step of a schedule.
- `simulation.py`: `Simulation` carries the steps out, `close` brings everything to its end and checks the
  rules. A `Purchase` is an order with the payment in its buyer's tab and the statuses reported to them.
- `outcomes.py`: the checks of `close` beside the rules.
- `actors.py`: an `Actor` is a process that runs one use case and pauses before each transaction, before
  each call to Stripe and after the response. A `StepPlan` decides how far it runs and how it ends.
- `snapshot.py`: the rows with which each schedule begins.
- `emulator.py`: requests to the Stripe emulator of devstack: browser, Dashboard, faults, books.
- `sales.py`: the same use cases in one call each, for tests that need no interleaving.
- `tests/invariants.py`: the rules, checked against the database and the emulator's books.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from httpx import HTTPStatusError

from tests import factories, invariants
from tests.integration.payments import emulator, outcomes, sales
from tests.integration.payments.actors import FAULTS, FINISH, Actor, StepPlan, Stop
from tests.integration.payments.emulator import DISPUTED, REFUND_FAILS
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.orders.rules import ENDED_UNPAID, PAID, OrderStatus
from ticketing_app.orders.schemas import OrderRead
from ticketing_app.orders.service import release
from ticketing_app.payments.gateway import webhooks
from ticketing_app.payments.rules import (
    DISPUTE_KINDS,
    REFUND_KINDS,
    SETTLING_KINDS,
)
from ticketing_app.payments.schemas import PaymentRead
from ticketing_app.payments.service import audit, confirm, opening, refund, settle, sweep, webhook
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.tickets.service import listings

KINDS = SETTLING_KINDS | REFUND_KINDS | DISPUTE_KINDS
ROUNDS = 3
"""Sweeps after which everything must be settled."""
ONE_DAY = timedelta(days=1)
PART_CENTS = 1000
SEATS = 4

Work = Callable[[db.Transaction], Awaitable[object]]


@dataclass
class Purchase:
    """An order, the payment that its buyer's tabs have open, and the statuses reported to them."""

    buyer: UserRead
    order: OrderRead
    payment: PaymentRead | None = None
    cards: set[str] = field(default_factory=set[str])
    reported: set[str] = field(default_factory=set[str])

    def ticket_ids(self, item: int | None) -> list[UUID]:
        """Return the ticket of this item, or all tickets."""
        ticket_ids = [item.ticket.id for item in self.order.items]
        return ticket_ids if item is None else [ticket_ids[item % len(ticket_ids)]]


class Simulation:
    """Runs one step of a schedule at a time; nothing changes between two steps."""

    def __init__(self, buyers: list[UserRead], seats: list[TicketRead]) -> None:
        self.buyers = buyers
        self.seats = seats
        # With later listings of them.
        self.tickets = list(seats)
        # First seller of the seat by ticket, including later listings of it.
        self.first_sellers = {ticket.id: sales.seller_of(ticket) for ticket in seats}
        self.purchases: list[Purchase] = []
        self.actors: list[Actor] = []
        self._captured_in_dashboard: set[str] = set()

    @property
    def paid(self) -> list[Purchase]:
        """Purchases whose buyers know that they have paid."""
        return [each for each in self.purchases if OrderStatus.COMPLETED in each.reported]

    @classmethod
    async def create(cls) -> "Simulation":
        """Create its rows; those of a copy must be in the database whenever it begins."""
        buyers = [await factories.make_user() for _ in range(3)]
        return cls(buyers, await factories.make_tickets_together(seats=SEATS))

    def copy(self) -> "Simulation":
        return Simulation(self.buyers, self.seats)

    # ---- buyers --------------------------------------------------------------------------------

    async def hold(self, buyer: int, ticket: int, count: int = 1) -> None:
        """Hold this ticket, with up to `count - 1` others of its listing."""
        who = self.buyers[buyer]
        first = self.tickets[ticket % len(self.tickets)]
        listed = [each for each in self.tickets if each.listing_id == first.listing_id]
        nth = listed.index(first)
        chosen = (listed[nth:] + listed[:nth])[:count] if first.listing_id else [first]
        with suppress(AppError):
            order = await factories.hold_tickets(chosen, who)
            self.purchases.append(Purchase(who, order))

    async def buy(self, buyer: int, count: int) -> None:
        """Buy the newest listing and list a ticket of it again."""
        await self.hold(buyer, -1 if self.purchases else 0, count)
        purchase = self.purchases[-1]
        await self.open_payment(purchase, FINISH)
        await self.press_pay(purchase, FINISH)
        await self.enter_card(purchase, emulator.VISA)
        await self.settle(purchase, FINISH)
        await self.relist(purchase, FINISH, by_buyer=True)

    async def relist(
        self, purchase: Purchase, plan: StepPlan, *, by_buyer: bool, item: int | None = 0
    ) -> None:
        """List a bought ticket again, or all as one listing, as their buyer or as the first seller."""
        ticket_ids = purchase.ticket_ids(item)
        first_sellers = [self.first_sellers[ticket_id] for ticket_id in ticket_ids]
        owner = purchase.buyer if by_buyer else first_sellers[0]

        async def work(transaction: db.Transaction) -> None:
            async with transaction() as session:
                again = await sales.list_again(session, owner=owner, ticket_ids=ticket_ids)
            self.tickets += again
            self.first_sellers |= zip((each.id for each in again), first_sellers, strict=True)

        await self._start(work, plan)

    async def pause(self, ticket: int, plan: StepPlan, *, is_resumed: bool) -> None:
        """Pause or resume the listing of this ticket, as its seller."""
        paused = self.tickets[ticket % len(self.tickets)]
        if paused.listing_id:
            change = listings.resume_listing if is_resumed else listings.pause_listing
            use_case = partial(change, listing_id=paused.listing_id)
            await self._start(_in_transaction(use_case, seller_id=paused.seller_id), plan)

    async def open_payment(self, purchase: Purchase, plan: StepPlan) -> None:
        async def work(transaction: db.Transaction) -> None:
            purchase.payment = await opening.open_payment(
                transaction,
                order_id=purchase.order.id,
                buyer_id=purchase.buyer.id,
                receipt_email=purchase.buyer.email,
            )

        await self._start(work, plan)

    async def press_pay(self, purchase: Purchase, plan: StepPlan) -> None:
        if purchase.payment:
            use_case = partial(confirm.start_confirming, charge_id=purchase.payment.id)
            await self._start(_in_transaction(use_case, buyer_id=purchase.buyer.id), plan)

    async def enter_card(self, purchase: Purchase, number: str) -> None:
        if purchase.payment:
            purchase.cards.add(number)
            await emulator.enter_card(purchase.payment.client_secret, number)

    async def answer_3ds(self, purchase: Purchase, *, passes: bool) -> None:
        if purchase.payment:
            await emulator.answer_3ds(purchase.payment.client_secret, passes=passes)

    async def settle(self, purchase: Purchase, plan: StepPlan) -> None:
        async def work(transaction: db.Transaction) -> None:
            assert purchase.payment
            settlement = await settle.settle_for_buyer(
                transaction, charge_id=purchase.payment.id, buyer_id=purchase.buyer.id
            )
            purchase.reported.add(settlement.status)

        if purchase.payment:
            await self._start(work, plan)

    async def cancel(self, purchase: Purchase, plan: StepPlan) -> None:
        cancel = partial(release.cancel_order, buyer_id=purchase.buyer.id)
        await self._start(_in_transaction(cancel, order_id=purchase.order.id), plan)

    # ---- time, workers, operators, Stripe ------------------------------------------------------

    async def lapse(self, purchase: Purchase) -> None:
        await factories.let_hold_lapse(purchase.order.id)

    async def expire(self, plan: StepPlan) -> None:
        await self._start(_in_transaction(release.expire_due_orders, limit=10), plan)

    async def sweep(self, purchase: Purchase, plan: StepPlan) -> None:
        if purchase.payment:
            await self._start(partial(sweep.check_charge, key=str(purchase.payment.id)), plan)

    async def refund(self, purchase: Purchase, plan: StepPlan, item: int | None = None) -> None:
        """Refund all or an item like an operator's command."""
        ticket_ids = None if item is None else purchase.ticket_ids(item)

        async def work(transaction: db.Transaction) -> None:
            async with transaction() as session:
                charge_id = await refund.request_refund(
                    session,
                    order_id=purchase.order.id,
                    reason="The concert was moved.",
                    ticket_ids=ticket_ids,
                )
            await refund.execute_refund(transaction, charge_id=charge_id)

        await self._start(work, plan)

    async def deliver(self, nth: int, plan: StepPlan) -> None:
        """Deliver an event of Stripe, the newest for 0, for the first time or again."""
        bodies = await emulator.events(*KINDS)
        if bodies:
            await self._deliver(bodies[-1 - nth % len(bodies)], plan)

    async def act_in_dashboard(self, purchase: Purchase, action: str) -> None:
        """Act in Stripe's Dashboard, which may refuse."""
        if purchase.payment is None:
            return
        secret = purchase.payment.client_secret
        with suppress(HTTPStatusError, KeyError):
            match action:
                # If the refund of late money fails, too, the order cannot be repaired.
                case "capture" if not purchase.cards & {DISPUTED, REFUND_FAILS}:
                    await emulator.act_in_dashboard(secret, "capture")
                    self._captured_in_dashboard.add(secret.partition("_secret_")[0])
                case "cancel":
                    await emulator.act_in_dashboard(secret, "cancel")
                case "refund":
                    await emulator.refund_in_dashboard(secret)
                case "refund a part":
                    await emulator.refund_in_dashboard(secret, cents=PART_CENTS)
                case "refund an item":
                    cents = purchase.order.items[0].ticket.price_cents
                    await emulator.refund_in_dashboard(secret, cents=cents)
                case "win" | "lose":
                    await emulator.answer_dispute(secret, wins=action == "win")
                case _:
                    pass

    async def finish_refunds(self) -> None:
        """Finish all refunds at the banks."""
        await emulator.finish_refunds()

    # ---- processes -----------------------------------------------------------------------------

    async def resume(self, actor: Actor, plan: StepPlan) -> None:
        for _ in range(plan.stops):
            await _to_next_stop(actor)
        match plan.then:
            case "finish":
                await _finish(actor)
            case "die":
                await actor.die()
            case int(statements):
                await _to_next_stop(actor, statements_to_live=statements)
            case fault if fault in FAULTS:
                await _finish(actor, before=Stop.CALL)
                if not actor.is_done:
                    do, late = FAULTS[fault]
                    await emulator.break_next(".", do, late=late)
                    await actor.resume()
            case _:
                pass  # It waits.
        self.actors = [actor for actor in self.actors if not actor.is_done]

    async def restart(self) -> None:
        """Kill all processes and their connections to the database."""
        for actor in self.actors:
            await actor.die()
        self.actors = []
        # The engine stays: it only has new connections, while its cache of compiled SQL is worth seconds.
        await db.engine().dispose()

    # ---- the end -------------------------------------------------------------------------------

    async def close(self) -> None:
        """Check the rules, bring everything to its end, and check again."""
        await self.finish_refunds()
        # Refunds by hand are unknown until their webhooks arrive.
        await self._deliver_all(*REFUND_KINDS)
        await self._check_rules(settled=False)
        while self.actors:
            await self.resume(self.actors[0], FINISH)
        for purchase in self.purchases:
            await self.lapse(purchase)
        await sales.expire_due()
        await sales.sweep(rounds=ROUNDS)
        # The results of these refunds, and disputes, are known by webhooks only.
        await self.finish_refunds()
        await self._deliver_all(*REFUND_KINDS, *DISPUTE_KINDS)
        await self._check_rules(settled=True)
        await self._check_outcomes()
        ended = await outcomes.statuses()
        # Late and undelivered webhooks must have no effect any more.
        await self._deliver_all(*KINDS)
        assert await audit.run_audit(db.transaction, since=utc_now() - ONE_DAY) == 0
        assert await outcomes.statuses() == ended

    async def _check_rules(self, *, settled: bool) -> None:
        # The rules include that ended orders stay ended: the outbox records every change.
        settings = get_settings()
        broken = await invariants.broken_rules(
            settings.database_url.get_secret_value(), settings.stripe_api_base, settled=settled
        )
        assert not broken, broken

    async def _check_outcomes(self) -> None:
        """No order is unfinished, and no buyer was given a wrong status."""
        statuses = await outcomes.statuses()
        for purchase in self.purchases:
            is_paid = statuses[purchase.order.id] in PAID
            assert not purchase.reported & (ENDED_UNPAID if is_paid else PAID), purchase
        await outcomes.check(captured_in_dashboard=self._captured_in_dashboard)

    # ---- inside --------------------------------------------------------------------------------

    async def _start(self, work: Work, plan: StepPlan) -> None:
        actor = Actor(work)
        self.actors.append(actor)
        await actor.stopped()
        await self.resume(actor, plan)

    async def _deliver(self, body: str, plan: StepPlan) -> None:
        event = webhooks.read_webhook(body.encode(), emulator.sign(body)["Stripe-Signature"])
        async with db.transaction() as session:
            await webhook.store_webhook(session, event=event)
        await self._start(partial(webhook.handle_webhook, event_id=event.id), plan)

    async def _deliver_all(self, *kinds: str) -> None:
        for body in await emulator.events(*kinds):
            await self._deliver(body, FINISH)


async def _to_next_stop(actor: Actor, *, statements_to_live: int | None = None) -> None:
    if not actor.is_done:
        await actor.resume(statements_to_live=statements_to_live)


async def _finish(actor: Actor, *, before: Stop | None = None) -> None:
    """Run the actor to its end, or to its next pause of this kind."""
    while not actor.is_done and (before is None or actor.next is not before):
        await actor.resume()


def _in_transaction(use_case: Callable[..., Awaitable[object]], **named: object) -> Work:
    """Wrap the use case in one transaction, like an entry point of the program."""

    async def work(transaction: db.Transaction) -> object:
        async with transaction() as session:
            return await use_case(session, **named)

    return work
