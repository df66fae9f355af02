"""Hostile calls of handlers, and the state that they must not change."""

from sqlalchemy import text

from ticketing_app.core import db

HOSTILE = [
    None,
    7,
    True,
    [],
    {},
    {"a": 1},
    "\x00",
    "\ud800",
    "x" * 100_000,
    "'; DROP TABLE tickets",
]


async def everything() -> list[object]:
    """Return tickets and orders in the database."""
    both = "SELECT to_jsonb(tickets) FROM tickets UNION ALL SELECT to_jsonb(orders) FROM orders"
    async with db.autocommit() as connection:
        return sorted((await connection.execute(text(both))).scalars(), key=str)
