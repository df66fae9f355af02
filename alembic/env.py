"""Run migrations on DATABASE_URL, one process at a time."""

import asyncio

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from alembic import context
from ticketing_app.accounts import models as accounts
from ticketing_app.core import db
from ticketing_app.messaging import inbox, outbox
from ticketing_app.orders import models as orders
from ticketing_app.payments import models as payments
from ticketing_app.tickets import models as tickets

TABLES = (accounts, tickets, orders, payments, outbox, inbox)
# Two processes that start together must not migrate at once; any fixed number will do.
MIGRATION_LOCK = 7_231_604


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        context.run_migrations()


async def main() -> None:
    async with db.migration_engine().connect() as connection:
        await connection.run_sync(migrate)


asyncio.run(main())
