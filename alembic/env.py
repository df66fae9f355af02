"""Run migrations on DATABASE_DIRECT_URL or DATABASE_URL, one process at a time."""

import asyncio
import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from alembic import context
from ticketing_app.accounts import models as accounts
from ticketing_app.cases import models as cases
from ticketing_app.core import db, schema
from ticketing_app.deliveries import models as deliveries
from ticketing_app.events import models as events
from ticketing_app.messaging import inbox, outbox
from ticketing_app.notices import models as notices
from ticketing_app.orders import models as orders
from ticketing_app.payments import models as payments
from ticketing_app.privacy import models as privacy
from ticketing_app.tickets import models as tickets
from ticketing_app.vault import models as vault
from ticketing_app.work import due as work

TABLES = (
    accounts,
    events,
    vault,
    tickets,
    orders,
    deliveries,
    payments,
    notices,
    cases,
    privacy,
    outbox,
    inbox,
    work,
)
# Key of the advisory lock: processes that start together must not migrate at the same time.
MIGRATION_LOCK = 7_231_604
LOCK_NOT_AVAILABLE = "55P03"

log = logging.getLogger("alembic.env")


def migrate(connection: Connection) -> None:
    # One transaction per migration: a migration that waits for a table holds no locks of earlier ones.
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def take_turn(connection: AsyncConnection) -> None:
    # Poll instead of waiting in PostgreSQL: a waiting session holds a snapshot, and CREATE INDEX
    # CONCURRENTLY of the other process would wait for it in turn.
    query = text(f"SELECT pg_try_advisory_lock({MIGRATION_LOCK})")
    while not await connection.scalar(query):
        await connection.commit()
        log.info("Another process migrates; waiting for it.")
        await asyncio.sleep(schema.POLL_SECONDS)


async def main() -> None:
    async with db.migration_engine().connect() as connection:
        await take_turn(connection)
        for _ in range(schema.MIGRATION_ATTEMPTS):
            # Every other query of the table queues up behind a statement that waits for its lock.
            await connection.execute(
                text(f"SET lock_timeout = {db.LOCK_TIMEOUT_SECONDS * 1000:.0f}")
            )
            await connection.commit()
            try:
                await connection.run_sync(migrate)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                    raise
                log.warning("A table is in use; trying again.")
                await connection.rollback()
                await asyncio.sleep(schema.MIGRATION_PAUSE_SECONDS)
            else:
                return
        raise schema.SchemaBusyError


asyncio.run(main())
