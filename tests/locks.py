"""Concurrent transactions: one is open while the other one needs the same row."""

import asyncio
from typing import Any

from sqlalchemy import text

from tests.waiting import eventually
from ticketing_app.core import db


async def end_or_wait(other: asyncio.Task[Any]) -> None:
    """Return once the other caller has ended or waits for a lock."""
    await eventually(lambda: other.done() or _is_any_waiting())


async def _is_any_waiting() -> bool:
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    async with db.autocommit() as connection:
        return bool(await connection.scalar(text(query)))
