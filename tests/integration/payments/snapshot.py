"""A copy of all rows, to begin each schedule with the same rows in one round trip."""

from tests import invariants
from ticketing_app.core import redis

COPIES = "snapshot"
# Columns that the database computes cannot be inserted.
TABLES = """
SELECT c.table_name AS name, string_agg(quote_ident(c.column_name), ', ') AS columns
FROM information_schema.columns c JOIN pg_tables t ON t.schemaname = 'public' AND t.tablename = c.table_name
WHERE c.table_schema = 'public' AND c.is_generated = 'NEVER' AND c.table_name <> 'alembic_version'
GROUP BY c.table_name ORDER BY c.table_name
"""


class Snapshot:
    """Copies are in the schema `snapshot`; foreign keys and triggers are off while rows are restored."""

    def __init__(self, database_url: str, stripe_url: str) -> None:
        self._urls = database_url, stripe_url
        self._restoring = ""

    async def take(self) -> None:
        async with invariants.connections(*self._urls) as connections:
            database = await connections.filler()
            await database.execute(
                f"DROP SCHEMA IF EXISTS {COPIES} CASCADE; CREATE SCHEMA {COPIES}"
            )
            tables = await database.fetch(TABLES)
            statements: list[str] = []
            for table in tables:
                name = table["name"]
                statements.append(f"DELETE FROM {name}")
                if await database.fetchval(f"SELECT EXISTS (SELECT FROM {name})"):
                    columns = table["columns"]
                    copy = f"CREATE TABLE {COPIES}.{name} AS SELECT {columns} FROM {name}"
                    await database.execute(copy)
                    insert = f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"
                    statements.append(f"{insert} SELECT {columns} FROM {COPIES}.{name}")
            self._restoring = "; ".join(statements)

    async def restore(self) -> None:
        """Restore the rows; empty Stripe's books and Redis, which counts the declines of each buyer."""
        await redis.client().flushall()
        async with invariants.connections(*self._urls) as connections:
            await (await connections.filler()).execute(self._restoring)
            (await connections.stripe.post("/_emulator/reset")).raise_for_status()
