"""Compares the schema of the database with that of this version."""

import asyncio
from enum import Enum
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger

CONFIG = Config(Path(__file__).parents[2] / "alembic.ini")
POLL_SECONDS = 1
MIGRATION_ATTEMPTS = 60
MIGRATION_PAUSE_SECONDS = 2

log = get_logger()


class SchemaState(Enum):
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


class SchemaNotReadyError(AppError):
    message = "The database does not have this version's schema yet: run `migrate`."


class SchemaBusyError(AppError):
    message = (
        "A migration needs a table that other transactions keep using, so it was not made. "
        "End the longest of them (pg_stat_activity) and run `migrate` again."
    )


def read_revisions() -> list[str]:
    """Return all revisions that this version contains, newest first."""
    scripts = ScriptDirectory.from_config(CONFIG)
    return [script.revision for script in scripts.walk_revisions()]


async def compare() -> SchemaState:
    """Compare the revisions; raises OSError or SQLAlchemyError if the database does not respond."""
    # AHEAD: a newer version migrated the database, which still serves this one.
    async with db.engine().connect() as connection:
        found = await connection.run_sync(
            lambda sync: set(MigrationContext.configure(sync).get_current_heads())
        )
    newest, *older = read_revisions()
    if found == {newest}:
        return SchemaState.CURRENT
    return SchemaState.AHEAD if found - {newest, *older} else SchemaState.BEHIND


async def wait(seconds: float) -> None:
    """Wait until the schema is current or newer; raises SchemaNotReadyError after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not await _is_ready():  # noqa: ASYNC110  # another process migrates.
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise SchemaNotReadyError from None


async def _is_ready() -> bool:
    try:
        return await compare() is not SchemaState.BEHIND
    except (OSError, SQLAlchemyError) as error:
        log.warning("schema.unknown", error=repr(error))
        return False
