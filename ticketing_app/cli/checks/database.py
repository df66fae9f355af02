"""Checks of PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from ticketing_app.cli.checks.findings import Finding, enumerate_or, judge, unknown
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now

OLDEST_VERSION = 15
EXTENSIONS = frozenset({"pg_trgm", "unaccent"})
# Tolerated difference between the clocks: events, sessions and charges carry the time of a process, leases
# only that of the database.
SKEW = timedelta(seconds=2)


class Database(NamedTuple):
    """State of the server; `ahead` is the offset of its clock from ours.

    `unlimited` names the time limits that sessions at DATABASE_URL lack.
    """

    version: int
    extensions: frozenset[str]
    revision: str | None
    ahead: timedelta
    unlimited: frozenset[str] = frozenset()


_ASK = text("""
    SELECT current_setting('server_version_num')::int / 10000 AS version,
           ARRAY(SELECT extname::text FROM pg_extension) AS extensions,
           to_regclass('alembic_version') IS NOT NULL AS is_migrated,
           ARRAY(SELECT name FROM unnest(CAST(:limits AS text[])) AS l (name)
                 WHERE current_setting(name) = '0') AS unlimited,
           clock_timestamp() AS now
""")


async def ask_database() -> Database:
    async with db.autocommit() as connection:
        # The first statement of a connection is slow, which would distort the offset of the clock.
        await connection.execute(text("SELECT 1"))
        asked_at = utc_now()
        row = (await connection.execute(_ASK, {"limits": list(db.SESSION_LIMITS)})).one()
        answered_at = utc_now()
        revision = (
            await connection.scalar(text("SELECT version_num FROM alembic_version"))
            if row.is_migrated
            else None
        )
    return Database(
        version=row.version,
        extensions=frozenset(row.extensions),
        revision=revision,
        ahead=_ahead(row.now, asked_at, answered_at),
        unlimited=frozenset(row.unlimited),
    )


def _ahead(theirs: datetime, asked_at: datetime, answered_at: datetime) -> timedelta:
    return theirs - (asked_at + (answered_at - asked_at) / 2)


def check_database(found: Database, revisions: Sequence[str]) -> Iterator[Finding]:
    """Check the server's state; `revisions` are this program's migrations, newest first."""
    yield judge(
        "PostgreSQL",
        found.version >= OLDEST_VERSION,
        f"version {found.version} answers.",
        f"GitTix needs version {OLDEST_VERSION} or newer.",
    )
    missing = sorted(EXTENSIONS - found.extensions)
    yield judge(
        "extensions",
        not missing,
        enumerate_or("all there.", "missing", missing),
        "run `migrate` as the owner of the database, or CREATE EXTENSION as an administrator.",
    )
    yield _schema(found.revision, revisions)
    unlimited = sorted(found.unlimited)
    settings = " ".join(f"SET {name} = '{db.SESSION_LIMITS[name]}';" for name in unlimited)
    yield judge(
        "time limits",
        not unlimited,
        enumerate_or("all there.", "missing", unlimited),
        f"a pooler does not pass them on: give each to the role, as in ALTER ROLE ... {settings}",
    )
    seconds = found.ahead.total_seconds()
    yield judge(
        "clocks",
        abs(found.ahead) <= SKEW,
        f"the database's is {seconds:+.1f} s from ours.",
        "synchronise both machines by NTP.",
    )


def check_cities(*, are_loaded: bool) -> Finding:
    return judge(
        "cities",
        are_loaded,
        "all there." if are_loaded else "some or all are missing, so sellers cannot add a venue.",
        "run python -m ticketing_app cities load.",
    )


def _schema(revision: str | None, revisions: Sequence[str]) -> Finding:
    if revision is not None and revision not in revisions:
        return unknown(
            "schema",
            f"at {revision}, newer than this program; right only while a release rolls out.",
        )
    return judge(
        "schema",
        revision == revisions[0],
        f"at {revision or 'nothing'}, the newest is {revisions[0]}.",
        "run python -m ticketing_app migrate.",
    )
