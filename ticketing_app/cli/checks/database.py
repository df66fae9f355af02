"""Whether PostgreSQL is as the program needs it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from ticketing_app.cli.checks.findings import Finding, judge, unknown
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now

OLDEST_VERSION = 15
EXTENSIONS = frozenset({"pg_trgm", "unaccent"})
SKEW = timedelta(seconds=2)
"""Events, sessions and charges carry the clock of the process that made them; leases never do."""


class Database(NamedTuple):
    """What PostgreSQL says of itself; `ahead` is how far its clock is ahead of ours.

    `unlimited` names the time limits that sessions at DATABASE_URL do not have.
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
    """Ask PostgreSQL; whatever stops us is raised."""
    async with db.autocommit() as connection:
        await connection.execute(
            text("SELECT 1")
        )  # The first answer takes longer than the clock may.
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
    """Judge what PostgreSQL said; `revisions` are those of this program, the newest first."""
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
        f"missing: {', '.join(missing)}." if missing else "all there.",
        "let the owner of the database run `migrate`, or an administrator CREATE EXTENSION.",
    )
    yield _schema(found.revision, revisions)
    settings = " ".join(
        f"SET {name} = '{db.SESSION_LIMITS[name]}';" for name in sorted(found.unlimited)
    )
    yield judge(
        "time limits",
        not found.unlimited,
        f"missing: {', '.join(sorted(found.unlimited))}." if found.unlimited else "all there.",
        f"a pooler does not pass them on: give each to the role, as in ALTER ROLE ... {settings}",
    )
    seconds = found.ahead.total_seconds()
    yield judge(
        "clocks",
        abs(found.ahead) <= SKEW,
        f"the database's is {seconds:+.1f} s from ours.",
        "let both machines take their time from NTP.",
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
