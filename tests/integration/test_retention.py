"""Old rows of growing tables are deleted in batches; rows that visitors read stay."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.accounts import repository
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.privacy.jobs import delete_old_rows

SESSIONS = """
    INSERT INTO sessions (id, user_id, created_at, last_seen_at, expires_at, revoked_at, device)
    SELECT gen_random_uuid(), :user_id, at, at, at + interval '30 days', NULL, name
    FROM (VALUES ('ended long ago', now() - interval '121 days'), ('ended', now() - interval '119 days'),
                 ('open', now())) AS s (name, at)
"""
WEBHOOKS = """
    INSERT INTO stripe_events (id, kind, received_at, handled_at, attempts, next_attempt_at)
    SELECT name, 'charge.refunded', at, CASE WHEN is_handled THEN at END, 1, at
    FROM (VALUES ('handled long ago', now() - interval '91 days', true),
                 ('handled', now() - interval '89 days', true),
                 ('unhandled', now() - interval '91 days', false)) AS w (name, at, is_handled)
"""
ALERTS = """
    INSERT INTO payment_alerts (id, kind, subject, detail, seen, first_seen_at, last_seen_at, resolved_at)
    SELECT gen_random_uuid(), 'dispute', name, '', 1, at, at, CASE WHEN is_resolved THEN at END
    FROM (VALUES ('resolved long ago', now() - interval '366 days', true),
                 ('resolved', now() - interval '364 days', true),
                 ('open', now() - interval '366 days', false)) AS a (name, at, is_resolved)
"""
DRAFTS = """
    INSERT INTO listing_drafts (user_id, content, version, updated_at)
    SELECT :user_id, '{}', 1, now() - make_interval(days => :days)
"""

pytestmark = pytest.mark.usefixtures("database")


async def column(statement: str, **values: Any) -> list[Any]:  # noqa: ANN401  # any column
    async with db.transaction() as session:
        found = await (await session.connection()).execute(text(statement), values)
        return sorted(found.scalars()) if found.returns_rows else []


class TestSessions:
    async def test_are_deleted_90_days_after_their_end(self) -> None:
        await column(SESSIONS, user_id=(await factories.make_user()).id)
        await delete_old_rows()
        assert await column("SELECT device FROM sessions") == ["ended", "open"]

    async def test_are_kept_when_retention_is_off(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(retention_days=0)
        await column(SESSIONS, user_id=(await factories.make_user()).id)
        await delete_old_rows()
        assert len(await column("SELECT device FROM sessions")) == 3

    async def test_are_deleted_in_batches_up_to_a_bound(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(db, "DELETE_BATCH", 1)
        monkeypatch.setattr(db, "DELETE_BATCHES", 2)
        user = await factories.make_user()
        for _ in range(3):
            await column(SESSIONS, user_id=user.id)
        await delete_old_rows()
        kept = await column("SELECT device FROM sessions")
        assert kept.count("ended long ago") == 1

    async def test_are_deleted_up_to_the_limit_by_a_nested_loop(self) -> None:
        user = await factories.make_user()
        for _ in range(3):
            await column(SESSIONS, user_id=user.id)
        async with db.transaction() as session:
            connection = await session.connection()
            for plan in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                await connection.execute(text(f"SET LOCAL enable_{plan} = off"))
            deleted = await repository.delete_ended(session, days=90, limit=1)
        assert deleted == 1


class TestPayments:
    async def test_lose_handled_webhooks_and_resolved_alerts(self) -> None:
        await column(WEBHOOKS)
        await column(ALERTS)
        await delete_old_rows()
        assert await column("SELECT id FROM stripe_events") == ["handled", "unhandled"]
        assert await column("SELECT subject FROM payment_alerts") == ["open", "resolved"]
        await column("DELETE FROM payment_alerts")
        await column("DELETE FROM stripe_events")


class TestDrafts:
    async def test_are_deleted_30_days_after_their_last_change(self) -> None:
        old = await factories.make_user()
        kept = await factories.make_user()
        await column(DRAFTS, user_id=old.id, days=31)
        await column(DRAFTS, user_id=kept.id, days=29)
        await delete_old_rows()
        assert await column("SELECT user_id FROM listing_drafts") == [kept.id]


NOTICE = """
    INSERT INTO notices (id, kind, key, facts, is_shown, created_at)
    VALUES (:id, 'welcome', :key, '{}', false, now())
"""
SEND = """
    INSERT INTO sends (id, notice_id, channel, address, language, status, created_at)
    VALUES (:id, :notice_id, 'mail', 'ana@gittix.test', 'en', 'sent', now())
"""
# The days that rows of a table are kept, and a statement for a row that is `days` old.
PEOPLE = {
    "tokens": (
        30,
        """INSERT INTO tokens (id, user_id, purpose, secret_hash, facts, expires_at)
           SELECT gen_random_uuid(), :user_id, 'reset', uuid_send(gen_random_uuid()), '{}',
             now() - make_interval(days => :days)""",
    ),
    "former_emails": (
        7,
        """INSERT INTO former_emails (email, user_id, user_version, expires_at)
           SELECT gen_random_uuid()::text, :user_id, 1, now() + interval '7 days' - make_interval(days => :days)""",
    ),
    "challenges": (
        0,
        """INSERT INTO challenges (hash, purpose, expires_at)
           SELECT uuid_send(gen_random_uuid()), 'sign_in', now() + interval '1 min' - make_interval(days => :days)""",
    ),
    "exports": (
        7,
        """INSERT INTO exports (id, user_id, requested_at, expires_at)
           SELECT gen_random_uuid(), :user_id, now(), now() + interval '7 days' - make_interval(days => :days)""",
    ),
    "cases": (
        3 * 365,
        """INSERT INTO cases (id, number, kind, reason, status, refs, user_id, email, name, message, version,
             created_at, closed_at)
           SELECT gen_random_uuid(), CAST(CAST(:days AS int) AS text), 'contact', '', 'closed', '{}',
             :user_id, '', '', '', 1, now(), now() - make_interval(days => :days)""",
    ),
}


@pytest.mark.parametrize("table", PEOPLE)
async def test_rows_about_people_are_deleted_after_their_time(table: str) -> None:
    days, insert = PEOPLE[table]
    user = await factories.make_user()
    for age in (days + 1, days - 1):
        await column(insert, user_id=user.id, days=age)
    await delete_old_rows()
    assert await column(f"SELECT count(*) FROM {table}") == [1]  # names of tables.


async def test_notices_are_deleted_with_their_mails_after_180_days() -> None:
    for days in (181, 179):
        told = {"id": db.oldest_id(utc_now() - timedelta(days=days)), "key": str(days)}
        await column(NOTICE, **told)
        await column(SEND, id=db.new_id(), notice_id=told["id"])
    await delete_old_rows()
    assert await column("SELECT key FROM notices") == ["179"]
    assert await column("SELECT count(*) FROM sends") == [1]
