"""Backlogs of deferred work."""

import pytest
from sqlalchemy import text

from tests.integration.monitoring.test_collector import scrape
from ticketing_app.core import db
from ticketing_app.monitoring.work import WorkBacklog, get_work_backlog, list_failing
from ticketing_app.subscriptions import WORK

pytestmark = pytest.mark.usefixtures("database")

KIND = "notices.mail"
# Overdue, taken, failed, dead; and one of a kind that this version does not know.
FILL = f"""
    INSERT INTO work (kind, key, due_at, taken_until, tries, turn, last_error, created_at) VALUES
      ('{KIND}', 'overdue', now() - interval '90 s', NULL, 0, 1, NULL, now() - interval '3 min'),
      ('{KIND}', 'taken', now() + interval '3 min', now() + interval '3 min', 1, 1, NULL, now()),
      ('{KIND}', 'failed', now() + interval '20 s', NULL, 1, 1, 'No luck', now() - interval '2 min'),
      ('{KIND}', 'dead', NULL, NULL, 12, 1, 'Never', now() - interval '1 h'),
      ('tests.unknown', 'a', now(), NULL, 0, 1, NULL, now())
"""  # a constant.


async def fill() -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(FILL))


async def read() -> dict[str, WorkBacklog]:
    async with db.transaction() as session:
        return await get_work_backlog(session)


class TestBacklog:
    async def test_is_zero_for_each_kind_without_work(self) -> None:
        assert await read() == dict.fromkeys(WORK, WorkBacklog(0, 0, 0))

    async def test_counts_by_kind(self) -> None:
        await fill()
        found = await read()
        assert 90 <= found[KIND].lag_seconds < 120
        assert found[KIND][1:] == (1, 1)
        assert found["tests.unknown"][1:] == (0, 0)

    async def test_is_exported(self) -> None:
        await fill()
        metrics = await scrape()
        assert metrics[f'work_lag_seconds{{kind="{KIND}"}}'] >= 90
        assert metrics[f'work_failing{{kind="{KIND}"}}'] == 1
        assert metrics[f'work_dead{{kind="{KIND}"}}'] == 1
        assert metrics['work_dead{kind="payments.charge"}'] == 0


async def test_lists_failed_work_oldest_first() -> None:
    await fill()
    async with db.transaction() as session:
        assert [work.key for work in await list_failing(session)] == ["dead", "failed"]
