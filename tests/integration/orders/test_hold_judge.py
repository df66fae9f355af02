"""The judge of holds finds bugs: each test adds one to the statement."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import factories
from tests.hold_judge import judged_holds
from tests.integration.orders.listing_holds import set_status
from ticketing_app.devstack.stack import Stack
from ticketing_app.orders.repository import hold
from ticketing_app.tickets.rules import Split

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def _judged(stack: Stack) -> AsyncGenerator[None]:
    async with judged_holds(stack.env["DATABASE_URL"]):
        yield


@pytest.mark.usefixtures("_judged")
class TestJudge:
    async def test_refuses_a_rest_that_the_seller_does_not_want(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tickets = await factories.make_tickets_together(split=Split.NO_SINGLE)
        change_hold(monkeypatch, "a.left_before - :quantity <> 1", "true")
        with pytest.raises(DBAPIError, match="breaks the rule of the seller"):
            await factories.hold_best(tickets, 3)
        assert (await factories.hold_best(tickets, 2)).quantity == 2

    async def test_refuses_a_ticket_off_sale(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tickets = await factories.make_tickets_together()
        await set_status(tickets, "paused")
        change_hold(monkeypatch, "status = 'for_sale'", "status = 'paused'")
        with pytest.raises(DBAPIError, match="an unsound hold"):
            await factories.hold_best(tickets, 2)

    async def test_refuses_another_total(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tickets = await factories.make_tickets_together()
        change_hold(monkeypatch, "sum(held.price_cents)", "max(held.price_cents)")
        with pytest.raises(DBAPIError, match="an unsound hold"):
            await factories.hold_best(tickets, 2)


def change_hold(monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    """Replace this text of the hold statement."""
    statement = str(hold.HOLD_LISTED.text)
    assert before in statement
    monkeypatch.setattr(hold, "HOLD_LISTED", text(statement.replace(before, after)))
