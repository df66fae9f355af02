"""Orders of the version before get a delivery, once, by the command or by its job."""

import pytest

from tests.integration.cli.command_line import run
from tests.integration.deliveries import sales
from ticketing_app.deliveries import jobs

pytestmark = pytest.mark.usefixtures("stripe_books")


class TestBackfill:
    async def test_begins_what_is_missing_and_can_be_repeated(self) -> None:
        orders = [(await sales.sell()).order.id for _ in range(3)]
        await sales.forget_all()
        code, out, _ = await run("deliveries", "backfill", "--batch", "2")
        assert code == 0
        assert out.splitlines() == ["2 of 3 orders, 2 begun", "3 of 3 orders, 3 begun"]
        await jobs.begin_missing()
        assert [await sales.steps(order_id) for order_id in orders] == [["begin"]] * 3
