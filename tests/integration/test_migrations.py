"""During a rollout the previous version runs on the schema of the next one: migrations only expand it."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import alembic.command
import asyncpg
import pytest

from tests.waiting import eventually
from ticketing_app.core import db, schema
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack

NAME = "migrations"
LOCK = 7231604  # As alembic/env.py takes it.
HARMLESS = {
    # The previous version left `previous_ticket_id` empty, and the index ignores empty values.
    "uq_tickets_one_relisting forbids what was allowed",
    # Its tickets have no event.
    "uq_tickets_seat_once_per_seller forbids what was allowed",
    # An order of the previous version has one ticket, whose price has the same limit.
    "ck_orders_total forbids what was allowed",
    # The version before 0021 always gives it.
    "('orders', 'quantity') must be given now",
}
COLUMNS = """
    SELECT attrelid::regclass::text AS table, attname AS name, format_type(atttypid, atttypmod) AS type,
      attnotnull AS is_required, atthasdef OR attidentity <> '' AS has_default
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"""
CHECKS = """
    SELECT conname AS name, conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS rule,
      ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)) AS columns
    FROM pg_constraint WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace"""
UNIQUE = """
    SELECT indexrelid::regclass::text AS name, indrelid::regclass::text AS table, pg_get_indexdef(indexrelid) AS rule,
      ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) AS columns
    FROM pg_index JOIN pg_class c ON c.oid = indrelid
    WHERE indisunique AND relnamespace = 'public'::regnamespace"""


class Column(NamedTuple):
    """The properties that matter to a writer."""

    type: str
    is_required: bool
    has_default: bool


class Rule(NamedTuple):
    """A constraint; `values` are the texts that it names, as those of a status."""

    table: str
    columns: frozenset[str]
    values: frozenset[str]


class Schema(NamedTuple):
    """Columns by table and name, rules by name."""

    columns: dict[tuple[str, str], Column]
    rules: dict[str, Rule]


async def read_schema(connection: asyncpg.Connection) -> Schema:
    columns = {
        (row["table"], row["name"]): Column(row["type"], row["is_required"], row["has_default"])
        for row in await connection.fetch(COLUMNS)
    }
    rules = {
        row["name"]: Rule(
            row["table"],
            frozenset(row["columns"]),
            frozenset(re.findall(r"'([^']*)'", row["rule"])),
        )
        for query in (CHECKS, UNIQUE)
        for row in await connection.fetch(query)
    }
    return Schema(columns, rules)


def breaking_changes(before: Schema, after: Schema) -> list[str]:
    """Return a sentence for each change that breaks the version written for `before`."""
    told: list[str] = []
    tables = {table for table, _ in before.columns}
    for place, column in before.columns.items():
        now = after.columns.get(place)
        if now is None:
            told.append(f"{place} is gone")
        elif now.type != column.type:
            told.append(f"{place} was {column.type} and is {now.type}")
        elif (now.is_required and not now.has_default) and not column.is_required:
            told.append(f"{place} must be given now")
    for place in after.columns.keys() - before.columns.keys():
        new = after.columns[place]
        if place[0] in tables and new.is_required and not new.has_default:
            told.append(f"{place} is new and must be given")
    for name, rule in after.rules.items():
        old = before.rules.get(name)
        # A rule about new columns alone does not affect rows of a writer that does not set them.
        is_old = all((rule.table, column) in before.columns for column in rule.columns)
        if is_old and (old is None or not old.values <= rule.values):
            told.append(f"{name} forbids what was allowed")
    return told


@pytest.fixture
async def empty_database(
    stack: Stack, change_settings: Callable[..., None]
) -> AsyncGenerator[asyncpg.Connection]:
    """A database without tables, which DATABASE_URL leads to until the test ends."""
    url = stack.env["DATABASE_URL"]
    server = await asyncpg.connect(url.replace("+asyncpg", ""))
    await server.execute(f"DROP DATABASE IF EXISTS {NAME}")
    await server.execute(f"CREATE DATABASE {NAME}")
    change_settings(database_url=url.rpartition("/")[0] + f"/{NAME}")
    connection = await asyncpg.connect(url.rpartition("/")[0].replace("+asyncpg", "") + f"/{NAME}")
    yield connection
    await connection.close()
    await server.execute(f"DROP DATABASE {NAME}")
    await server.close()


async def test_every_migration_lets_the_version_before_it_work(
    empty_database: asyncpg.Connection,
) -> None:
    schemas: dict[str, Schema] = {}
    for revision in reversed(schema.read_revisions()):
        await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, revision)
        schemas[revision] = await read_schema(empty_database)
    assert len(schemas) > 1
    broken = {
        f"{before} -> {after}": told
        for before, after in pairwise(schemas)
        if (told := set(breaking_changes(schemas[before], schemas[after])) - HARMLESS)
    }
    assert broken == {}


# As the version before 0012 made it.
OLD_ORDER = """
    INSERT INTO orders (id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, is_grace_used,
                        version, created_at)
    SELECT gen_random_uuid(), t.seller_id, t.id, t.title, t.price_cents, t.currency, $1, now(), false, 1, now()
    FROM tickets t
"""
OLD_TICKET = """
    WITH users AS (
      INSERT INTO users (id, email, password_hash, version, created_at)
      VALUES (gen_random_uuid(), 'seller@gittix.test', '-', 1, now()) RETURNING id)
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at)
    SELECT gen_random_uuid(), id, 'Okapi Sundays', 4000, 'usd', 'for_sale', 1, now() FROM users
"""
COUNTED = """
    SELECT o.status, o.quantity, count(i.ticket_id) FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
    GROUP BY o.id ORDER BY o.status
"""


async def test_orders_from_before_items_get_them(empty_database: asyncpg.Connection) -> None:
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "0011")
    await empty_database.execute(OLD_TICKET)
    await empty_database.execute(OLD_ORDER, "expired")
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "0013")
    # The version before still runs.
    await empty_database.execute(OLD_ORDER, "completed")
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "head")
    rows = await empty_database.fetch(COUNTED)
    assert [tuple(row) for row in rows] == [("completed", 1, 1), ("expired", 1, 1)]


async def test_a_migration_waits_for_another_one_without_a_snapshot(
    empty_database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "POLL_SECONDS", 0.05)
    await empty_database.execute(f"SELECT pg_advisory_lock({LOCK})")
    upgrade = asyncio.create_task(asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "head"))
    try:
        await eventually(lambda: upgrade.done() or is_asking(empty_database), seconds=60)
        assert not upgrade.done()
    finally:
        await empty_database.execute(f"SELECT pg_advisory_unlock({LOCK})")
    await upgrade
    assert await empty_database.fetchval("SELECT version_num FROM alembic_version")


async def is_asking(connection: asyncpg.Connection) -> bool:
    """Whether another session asked for the lock of migrations and idles outside of a transaction."""
    found = await connection.fetchval(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
        " AND state = 'idle'",
        NAME,
    )
    return bool(found)


class TestTableInUse:
    """An open transaction reads a table that the next migration changes."""

    @pytest.fixture
    async def reader(
        self, empty_database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncGenerator[asyncpg.Connection]:
        del empty_database
        monkeypatch.setattr(schema, "MIGRATION_PAUSE_SECONDS", 0)
        await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "0008")
        monkeypatch.setattr(db, "LOCK_TIMEOUT_SECONDS", 0.1)
        url = get_settings().database_url.get_secret_value().replace("+asyncpg", "")
        reader = await asyncpg.connect(url)
        await reader.execute("BEGIN; LOCK TABLE tickets IN ACCESS SHARE MODE")
        yield reader
        await reader.close()

    async def test_is_waited_for_only_briefly_and_often(
        self, empty_database: asyncpg.Connection, reader: asyncpg.Connection
    ) -> None:
        migration = asyncio.create_task(upgrade())
        waits = set[datetime]()

        async def has_waited_twice() -> bool:
            waits.update(await list_waits(empty_database))
            return migration.done() or len(waits) > 1

        await eventually(has_waited_twice, seconds=60)
        assert not migration.done()
        await reader.execute("ROLLBACK")
        await migration
        assert await empty_database.fetchval("SELECT version_num FROM alembic_version") == "0009"

    async def test_ends_the_migration_with_a_sentence_after_some_minutes(
        self,
        empty_database: asyncpg.Connection,
        reader: asyncpg.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        del reader
        monkeypatch.setattr(schema, "MIGRATION_ATTEMPTS", 2)
        with pytest.raises(schema.SchemaBusyError):
            await upgrade()
        assert await empty_database.fetchval("SELECT version_num FROM alembic_version") == "0008"


async def upgrade() -> None:
    # It sets no time limit of its own for locks, as some others do.
    await asyncio.to_thread(alembic.command.upgrade, schema.CONFIG, "0009")


async def list_waits(connection: asyncpg.Connection) -> list[datetime]:
    """Return when each present wait for the table began."""
    waits = """
        SELECT waitstart FROM pg_locks
        WHERE relation = 'tickets'::regclass AND NOT granted AND waitstart IS NOT NULL"""
    return [row["waitstart"] for row in await connection.fetch(waits)]


@pytest.mark.parametrize(
    ("migration", "expected"),
    [
        ("ALTER TABLE t ADD COLUMN note text", []),
        ("ALTER TABLE t ADD COLUMN note text NOT NULL DEFAULT ''", []),
        ("ALTER TABLE t DROP CONSTRAINT status, ADD CONSTRAINT status CHECK (status IN ('a', 'b', 'c'))", []),
        ("ALTER TABLE t ADD COLUMN code text, ADD CONSTRAINT code CHECK (code <> '')", []),
        ("CREATE TABLE u (id int NOT NULL UNIQUE)", []),
        ("ALTER TABLE t DROP COLUMN status", ["('t', 'status') is gone"]),
        ("ALTER TABLE t RENAME COLUMN status TO state", ["('t', 'status') is gone"]),
        ("ALTER TABLE t ALTER COLUMN price TYPE text", ["('t', 'price') was integer and is text"]),
        ("ALTER TABLE t ALTER COLUMN price SET NOT NULL", ["('t', 'price') must be given now"]),
        ("ALTER TABLE t ADD COLUMN note text NOT NULL", ["('t', 'note') is new and must be given"]),
        (
            "ALTER TABLE t DROP CONSTRAINT status, ADD CONSTRAINT status CHECK (status IN ('a'))",
            ["status forbids what was allowed"],
        ),
        ("ALTER TABLE t ADD CONSTRAINT free CHECK (price > 0)", ["free forbids what was allowed"]),
        ("CREATE UNIQUE INDEX one ON t (price)", ["one forbids what was allowed"]),
    ],
)  # fmt: skip
async def test_reports_breaking_changes(
    empty_database: asyncpg.Connection, migration: str, expected: list[str]
) -> None:
    await empty_database.execute(
        "CREATE TABLE t (price int, status text CONSTRAINT status CHECK (status IN ('a', 'b')))"
    )
    before = await read_schema(empty_database)
    await empty_database.execute(migration)
    assert breaking_changes(before, await read_schema(empty_database)) == expected
