"""A deadline counts on the database clock, and what it does is recorded once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.deliveries import clocks, sales
from tests.integration.events.delivery import deliver
from tests.integration.payments import sales as payments
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.deliveries.rules import DEADLINE_WORK
from ticketing_app.deliveries.service import deadlines, late, queries
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.deliveries.service.sides import DeliveryConflictError, WrongSideError
from ticketing_app.payments.rules import FAILED_DELIVERY_WORK
from ticketing_app.tickets.schemas.deliveries import TicketPromise
from ticketing_app.tickets.service import promises
from ticketing_app.work import jobs as work

pytestmark = pytest.mark.usefixtures("stripe_books")

ChangeSettings = Callable[..., None]

SLACK = timedelta(minutes=1)


async def wait(delivery_id: UUID, buyer_id: UUID) -> None:
    async with db.transaction() as session:
        await late.wait(session, delivery_id=delivery_id, buyer_id=buyer_id)


async def give_up(delivery_id: UUID, buyer_id: UUID) -> None:
    async with db.transaction() as session:
        await late.give_up(session, delivery_id=delivery_id, buyer_id=buyer_id)


async def due_in(delivery_id: UUID) -> timedelta:
    due_at = (await clocks.read(delivery_id)).due_at
    assert due_at
    return due_at - utc_now()


class TestMeetDeadline:
    async def test_records_lateness_and_asks_the_buyer_for_a_day(self) -> None:
        sale, delivery_id = await clocks.sell(due_in_seconds=-1)
        left = await deadlines.meet_deadline(db.transaction, str(delivery_id))
        assert (await clocks.read(delivery_id)).status == "late"
        assert await sales.steps(sale.order.id) == ["begin", "be_late"]
        assert left
        assert abs(left - timedelta(days=1)) < SLACK
        assert abs(await due_in(delivery_id) - timedelta(days=1)) < SLACK

    async def test_ends_the_delivery_at_the_end_of_the_choice(self) -> None:
        sale, delivery_id = await clocks.sell("late", due_in_seconds=-1)
        assert await deadlines.meet_deadline(db.transaction, str(delivery_id)) is None
        assert (await clocks.read(delivery_id)).status == "failed"
        assert await sales.steps(sale.order.id) == ["begin", "give_up"]

    async def test_comes_back_if_it_is_early(self) -> None:
        _, delivery_id = await clocks.sell()
        left = await deadlines.meet_deadline(db.transaction, str(delivery_id))
        assert left
        assert timedelta() < left < timedelta(seconds=clocks.HOUR)
        assert (await clocks.read(delivery_id)).status == "waiting"

    async def test_has_nothing_to_do_without_a_deadline(self) -> None:
        sale = await sales.sell()
        delivery = await sales.read(sale.order.id)
        assert await deadlines.meet_deadline(db.transaction, str(delivery.id)) is None
        assert await deadlines.meet_deadline(db.transaction, factories.UNKNOWN_ID) is None

    async def test_is_found_again_if_its_work_was_lost(self) -> None:
        _, overdue = await clocks.sell(due_in_seconds=-1)
        await clocks.sell()
        async with db.transaction() as session:
            assert await deadlines.list_overdue(session) == [overdue]
        await work.adopt()
        await work.do_due(DEADLINE_WORK)
        assert (await clocks.read(overdue)).status == "late"


class TestWork:
    async def test_is_due_at_the_deadline(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        await wait(delivery_id, sale.buyer.id)
        due_at = (await clocks.read(delivery_id)).due_at
        async with db.autocommit() as connection:
            query = text("SELECT key, due_at FROM work WHERE kind = 'deliveries.deadline'")
            rows = (await connection.execute(query)).all()
        assert [tuple(row) for row in rows] == [(str(delivery_id), due_at)]


class TestShownStatus:
    @pytest.mark.parametrize(("status", "shown"), [("waiting", "late"), ("late", "failed")])
    async def test_changes_at_the_deadline_without_a_worker(self, status: str, shown: str) -> None:
        sale, _ = await clocks.sell(status, due_in_seconds=-1)
        async with db.transaction() as session:
            delivery = await queries.get_delivery(
                session, order_id=sale.order.id, viewer_id=sale.buyer.id
            )
        assert delivery.status == shown


class TestWait:
    async def test_gives_the_seller_two_days(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        await wait(delivery_id, sale.buyer.id)
        assert (await clocks.read(delivery_id)).status == "waiting"
        assert abs(await due_in(delivery_id) - timedelta(days=2)) < SLACK

    async def test_needs_no_worker_to_be_late(self) -> None:
        sale, delivery_id = await clocks.sell(due_in_seconds=-1)
        await wait(delivery_id, sale.buyer.id)
        assert await sales.steps(sale.order.id) == ["begin", "be_late", "wait"]

    async def test_is_possible_once(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        await wait(delivery_id, sale.buyer.id)
        await clocks.put(delivery_id, "late")
        with pytest.raises(DeliveryConflictError, match="more time once"):
            await wait(delivery_id, sale.buyer.id)

    @pytest.mark.parametrize(
        ("status", "seconds", "sentence"),
        [("waiting", clocks.HOUR, "not late"), ("late", -1, "time to choose is over")],
    )
    async def test_is_refused_before_and_after_the_choice(
        self, status: str, seconds: float, sentence: str
    ) -> None:
        sale, delivery_id = await clocks.sell(status, due_in_seconds=seconds)
        with pytest.raises(DeliveryConflictError, match=sentence):
            await wait(delivery_id, sale.buyer.id)

    async def test_is_for_the_buyer(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        with pytest.raises(WrongSideError):
            await wait(delivery_id, sale.ticket.seller_id)
        stranger = await factories.make_user()
        with pytest.raises(DeliveryNotFoundError):
            await wait(delivery_id, stranger.id)


class TestGiveUp:
    async def test_gives_the_money_back_once(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        await give_up(delivery_id, sale.buyer.id)
        with pytest.raises(DeliveryConflictError, match="goes back"):
            await give_up(delivery_id, sale.buyer.id)
        await deliver("DeliveryChanged")
        for _ in range(2):
            await work.do_now(FAILED_DELIVERY_WORK, str(sale.order.id))
        assert await payments.statuses(sale) == ("refunding", "completed")
        await payments.sweep()
        assert await payments.statuses(sale) == ("refunded", "completed")
        assert len(await payments.refund_rows(sale)) == 1
        # It is not for sale again by itself.
        assert (await factories.read_ticket(sale.ticket.id)).status == "sold"
        assert await sales.steps(sale.order.id) == ["begin", "give_up"]

    async def test_leaves_money_that_went_back_by_hand(self) -> None:
        sale, delivery_id = await clocks.sell("late")
        await give_up(delivery_id, sale.buyer.id)
        await payments.refund_sale(sale)
        await deliver("DeliveryChanged")
        await work.do_now(FAILED_DELIVERY_WORK, str(sale.order.id))
        assert len(await payments.refund_rows(sale)) == 1
        await payments.sweep()

    async def test_is_refused_before_the_deadline(self) -> None:
        sale, delivery_id = await clocks.sell()
        with pytest.raises(DeliveryConflictError, match="not late"):
            await give_up(delivery_id, sale.buyer.id)


class TestSettings:
    async def test_set_every_deadline(self, change_settings: ChangeSettings) -> None:
        change_settings(deliver_seconds=30, choose_seconds=20)
        sale, delivery_id = await clocks.sell(due_in_seconds=-1)
        assert await first_due_in(sale.ticket.id) < timedelta(seconds=31)
        await deadlines.meet_deadline(db.transaction, str(delivery_id))
        assert await due_in(delivery_id) < timedelta(seconds=21)
        await wait(delivery_id, sale.buyer.id)
        assert await due_in(delivery_id) < timedelta(seconds=31)


async def first_due_in(ticket_id: UUID, **changes: object) -> timedelta:
    async with db.transaction() as session:
        found = await promises.list_promises(session, ticket_ids=[ticket_id])
        promised: list[TicketPromise] = [each.model_copy(update=changes) for each in found.values()]
        return await deadlines.first_due_at(session, promised=promised) - utc_now()


class TestFollowEvent:
    @pytest.mark.parametrize(("days", "hours"), [(20, 48), (-20, 10)])
    async def test_gives_more_time_before_a_later_event(self, days: int, hours: int) -> None:
        event = await factories.make_event()
        sale, delivery_id = await clocks.sell(due_in_seconds=10 * clocks.HOUR)
        await sales.join(event.id, sale.ticket.id)
        async with db.transaction() as session:
            await deadlines.follow_event(
                session, event_id=event.id, starts_at=utc_now() + timedelta(days=days)
            )
        assert abs(await due_in(delivery_id) - timedelta(hours=hours)) < SLACK

    async def test_leaves_deliveries_that_do_not_wait(self) -> None:
        event = await factories.make_event()
        sale, delivery_id = await clocks.sell("late")
        await sales.join(event.id, sale.ticket.id)
        async with db.transaction() as session:
            await deadlines.follow_event(
                session, event_id=event.id, starts_at=utc_now() + timedelta(days=9)
            )
        assert await sales.steps(sale.order.id) == ["begin"]
        assert await due_in(delivery_id) < timedelta(hours=1)
