"""Query plans of the list with generated tickets."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from benchmarks import search as benchmark
from benchmarks.sample_market import SampleMarket
from ticketing_app.core import db, text_search
from ticketing_app.tickets.repository import search
from ticketing_app.tickets.schemas.search import TicketFilter, TicketSort

SIZE = 10_000


@pytest.fixture
async def market(database: None) -> AsyncGenerator[SampleMarket]:  # noqa: ARG001  # order only.
    """Enough tickets for PostgreSQL to prefer an index."""
    yield await benchmark.load(SIZE)
    # Its locks and sales have no orders, which the invariant check after each test would report.
    async with db.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM tickets"))


async def test_no_combination_of_filters_reads_the_whole_table(market: SampleMarket) -> None:
    whole: list[str] = []
    async with db.transaction() as session:
        await text_search.plan_for_values(session)
        for name, values in benchmark.combinations(market):
            for sort in TicketSort:
                query = search.page_query(TicketFilter(**values[0], sort=sort), None)
                if await benchmark.plans_to_read_whole_table(session, query):
                    whole.append(f"{name}, {sort}")
    assert whole == []
