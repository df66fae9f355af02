"""Metrics of holds: committed ones only."""

import pytest

from tests import factories
from tests.integration.counters import Counted
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.orders.service import release

pytestmark = pytest.mark.usefixtures("database")


class StopError(Exception):
    """Rolls a transaction back."""


def refused(reason: str) -> Counted:
    return Counted("holds_refused_total", reason=reason)


def ended(how: str) -> Counted:
    return Counted("holds_ended_total", how=how)


class TestHolds:
    async def test_are_counted_by_outcome(self) -> None:
        made, taken, own = (
            Counted("holds_made_total"),
            refused("ticket_already_reserved"),
            refused("own_ticket"),
        )
        seller = await factories.make_user()
        ticket = await factories.make_ticket(seller)
        await factories.hold(ticket)
        with pytest.raises(AppError):
            await factories.hold(ticket)
        with pytest.raises(AppError):
            await factories.hold(ticket, seller)
        assert (made, taken, own) == (1, 1, 1)

    async def test_of_tickets_that_do_not_exist_are_counted_as_refused(self) -> None:
        unknown = refused("ticket_not_found")
        ticket = await factories.make_ticket()
        with pytest.raises(AppError):
            await factories.hold(ticket.model_copy(update={"id": db.new_id()}))
        assert unknown == 1

    async def test_are_counted_as_expired_by_any_closer(self) -> None:
        expired = ended("expired")
        swept, taken_over = [await factories.make_ticket() for _ in range(2)]
        for ticket in (swept, taken_over):
            order = await factories.hold(ticket)
            await factories.let_hold_lapse(order.id)
        await factories.hold(taken_over)
        assert expired == 1
        async with db.transaction() as session:
            await release.expire_due_orders(session, limit=10)
        assert expired == 2

    async def test_are_counted_once_the_transaction_is_committed(self) -> None:
        cancelled = ended("cancelled")
        buyer = await factories.make_user()
        order = await factories.hold(await factories.make_ticket(), buyer)

        async def cancel(*, fails: bool) -> None:
            async with db.transaction() as session:
                await release.cancel_order(session, buyer_id=buyer.id, order_id=order.id)
                if fails:
                    raise StopError

        with pytest.raises(StopError):
            await cancel(fails=True)
        assert cancelled == 0
        for _ in range(2):
            await cancel(fails=False)
        assert cancelled == 1
