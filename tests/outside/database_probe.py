"""Reads the database and Redis of a running site, and moves times there."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
from redis.asyncio import Redis

UNFINISHED = {
    "a hold that is over and still open": """
        SELECT id, status, expires_at FROM orders WHERE status IN ('created', 'awaiting_payment')
          AND expires_at < clock_timestamp()""",
    "an event that was never sent": "SELECT id, name FROM outbox WHERE published_at IS NULL",
    "an event that a subscriber has not handled": """
        SELECT o.name, s.name AS subscriber FROM outbox o JOIN subscribers s ON s.event_name = o.name
        WHERE NOT EXISTS (SELECT FROM inbox i
          WHERE i.event_id = o.id AND i.subscriber = s.name AND i.status = 'done')""",
    "a webhook that was not handled": "SELECT id, kind FROM stripe_events WHERE handled_at IS NULL",
    "a payment whose order has moved on": """
        SELECT c.id, o.status, c.refund_status FROM charges c JOIN orders o ON o.id = c.order_id
        WHERE (c.status = 'created' AND o.status NOT IN ('created', 'awaiting_payment'))
           OR c.refund_status IN ('due', 'pending')""",
    "a refund that is not finished": """
        SELECT id, status, amount_cents FROM refunds WHERE status IN ('due', 'pending')""",
}


class DatabaseProbe:
    """Uses the database and Redis that the environment of the site names."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._url = env["DATABASE_URL"].replace("+asyncpg", "")
        self.redis: Redis = Redis.from_url(env["REDIS_URL"])

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows of one statement."""
        connection = await asyncpg.connect(self._url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def status(self, order_id: str) -> str:
        """Return the status of an order."""
        return (await self.rows("SELECT status FROM orders WHERE id = $1", order_id))[0]["status"]

    async def let_be_late(self, order_id: str) -> None:
        """Move the deadline of the delivery of an order to a moment ago."""
        await self.rows(
            """WITH late AS (
                 UPDATE deliveries SET due_at = clock_timestamp() WHERE order_id = $1
                 RETURNING id, version, due_at)
               UPDATE delivery_steps s SET due_at = late.due_at FROM late
               WHERE s.delivery_id = late.id AND s.version = late.version""",
            order_id,
        )

    async def make_venue(self, name: str, city: str) -> str:
        """Insert a venue in Great Britain; the API knows the cities of a data set that takes long to load."""
        venue_id = uuid4()
        # Names are unique in a city.
        name = f"{name} {venue_id.hex[:4]}"
        statement = """INSERT INTO venues (id, slug, name, city, country, timezone)
            VALUES ($1, $2, $3, $4, 'GB', 'Europe/London')"""
        slug = f"{name} {city}".lower().replace(" ", "-")
        await self.rows(statement, venue_id, slug, name, city)
        return str(venue_id)

    async def make_city(self, name: str, other_name: str) -> None:
        """Insert a city in Germany that has another name, too."""
        await self.rows(
            """WITH made AS (
                 INSERT INTO cities (id, name, country, timezone, latitude, longitude, population)
                 VALUES (2867714, $1, 'DE', 'Europe/Berlin', 48.1, 11.6, 1505005)
                 ON CONFLICT DO NOTHING RETURNING id)
               INSERT INTO city_names (city_id, key)
               SELECT id, search_key(name) FROM made, unnest(ARRAY[$1, $2]::text[]) AS n (name)""",
            name,
            other_name,
        )

    async def let_lapse(self, order_id: str, *, seconds_ago: float = 1) -> None:
        """Move the deadline of the hold to `seconds_ago`; a claimed ticket keeps its lease, which has no end."""
        # The count is always true: as in the product, the ticket's row is locked before the order's.
        await self.rows(
            """WITH lease AS (
                 UPDATE tickets SET locked_until = now() - make_interval(secs => $2)
                 WHERE order_id = $1 AND locked_until < 'infinity' RETURNING id)
               UPDATE orders SET expires_at = now() - make_interval(secs => $2),
                 -- It was as long as it would have been: the cool-down depends on that.
                 created_at = now() - make_interval(secs => $2) - (expires_at - created_at)
               WHERE id = $1 AND (SELECT count(*) FROM lease) >= 0""",
            order_id,
            seconds_ago,
        )

    async def unfinished(self) -> dict[str, list[dict[str, Any]]]:
        """Return unfinished work, by its kind."""
        found = {kind: await self.rows(query) for kind, query in UNFINISHED.items()}
        return {kind: rows for kind, rows in found.items() if rows}

    async def is_all_done(self) -> bool:
        """Whether nothing is left to do."""
        return await self.unfinished() == {}
