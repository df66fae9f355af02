"""A transaction that never ends blocks its row and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import asyncpg
import pytest
from httpx import AsyncClient, Response

from tests import factories
from tests.locks import end_or_wait
from tests.waiting import running
from ticketing_app.devstack.stack import Stack
from ticketing_app.tickets.schemas.tickets import TicketRead

BUYER = {"email": "buyer@gittix.test", "password": "correct horse"}
CLICKS = 20


@pytest.fixture
async def stuck_ticket(stack: Stack, database: None) -> AsyncGenerator[TicketRead]:  # noqa: ARG001  # order only.
    """Return a ticket with a row lock of an idle transaction without time limits."""
    ticket = await factories.make_ticket()
    vanished = await asyncpg.connect(stack.env["DATABASE_URL"].replace("+asyncpg", ""))
    await vanished.execute(
        "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0;"
        f" SELECT FROM tickets WHERE id = '{ticket.id}' FOR UPDATE"
    )
    yield ticket
    await vanished.close()


class TestOneStuckRow:
    async def test_leaves_other_purchases_the_list_and_readiness_alone(
        self, api: AsyncClient, stuck_ticket: TicketRead, change_settings: Callable[..., None]
    ) -> None:
        change_settings(hold_limit_per_minute=0)
        await api.post("/api/users/signup", json=BUYER)
        other = await factories.make_ticket()

        async def click() -> Response:
            return await api.post("/api/orders", json={"ticketId": str(stuck_ticket.id)})

        async with running(*(click() for _ in range(CLICKS))) as clicks:
            await end_or_wait(clicks[0])
            others = await asyncio.gather(
                api.post("/api/orders", json={"ticketId": str(other.id)}),
                api.get("/api/tickets"),
                api.get("/api/health/ready"),
            )
            assert [answer.status_code for answer in others] == [201, 200, 200]
            assert not any(click.done() for click in clicks)
            refused, _ = await asyncio.wait(clicks, return_when=asyncio.FIRST_COMPLETED)
        for answer in [click.result() for click in refused]:
            assert answer.status_code == 503
            assert "Nothing was changed" in answer.json()["errors"][0]["message"]
            assert answer.headers["retry-after"] == "5"
