"""PostgreSQL: one engine per event loop, the transaction, the single-statement connection, ids."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID
from weakref import WeakKeyDictionary

import uuid_utils.compat
from sqlalchemy import NullPool, QueuePool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.settings import get_settings

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""What opens a transaction: given to use cases that are a chain of several (payments)."""

CONNECT_TIMEOUT_SECONDS = 5
COMMAND_TIMEOUT_SECONDS = 30
CONNECT_ARGS = {"timeout": CONNECT_TIMEOUT_SECONDS, "command_timeout": COMMAND_TIMEOUT_SECONDS}

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# asyncpg connections belong to the loop that made them, and Reflex forks after import, so that
# nothing may be made at import and each loop needs an engine of its own.
_engines: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncEngine] = WeakKeyDictionary()


def new_id() -> UUID:
    """Return a UUIDv7: unique, and sorted by the time it was made."""
    return uuid_utils.compat.uuid7()


def oldest_id(at: datetime) -> UUID:
    """Return an id that is smaller than every id made from then on."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def engine() -> AsyncEngine:
    """Return the engine of the running event loop, made on first use."""
    loop = asyncio.get_running_loop()
    if loop not in _engines:
        settings = get_settings()
        _engines[loop] = create_async_engine(
            settings.database_url,
            pool_size=settings.database_pool_size,
            max_overflow=settings.database_pool_size,
            pool_timeout=CONNECT_TIMEOUT_SECONDS,
            # A ping is a fifth of a millisecond; without it the first visitor after a restart of
            # PostgreSQL meets a dead connection and an error.
            pool_pre_ping=True,
            connect_args=CONNECT_ARGS,
        )
    return _engines[loop]


def migration_engine() -> AsyncEngine:
    """Return a new engine without a time limit: rewriting a table, or waiting for who does, takes long."""
    return create_async_engine(
        get_settings().database_url,
        poolclass=NullPool,
        connect_args={"timeout": CONNECT_TIMEOUT_SECONDS},
    )


async def dispose() -> None:
    """Close the connections of the running event loop."""
    if pool := _engines.pop(asyncio.get_running_loop(), None):
        await pool.dispose()


class PoolUsage(NamedTuple):
    """Connections of this process: at work, and kept open for the next."""

    in_use: int
    idle: int


def pool_usage() -> PoolUsage:
    """Count the connections of all event loops; may be asked from any thread."""
    # The references are listed at once; the dictionary itself may change under another thread's loop.
    loops = [loop for reference in _engines.keyrefs() if (loop := reference())]
    engines = [engine for loop in loops if (engine := _engines.get(loop))]
    pools = [cast("QueuePool", engine.pool) for engine in engines]
    return PoolUsage(
        in_use=sum(pool.checkedout() for pool in pools),
        idle=sum(pool.checkedin() for pool in pools),
    )


@asynccontextmanager
async def transaction() -> AsyncGenerator[AsyncSession]:
    """Open the one transaction of a request, job or event; commit at the end, roll back on error."""
    async with AsyncSession(engine(), expire_on_commit=False) as session:
        async with session.begin():
            yield session
        for callback in session.info.get("after_commit", {}).values():
            await callback()


def after_commit(session: AsyncSession, key: str, callback: Callable[[], Awaitable[None]]) -> None:
    """Run `callback` once the transaction is committed; a second one with the same key replaces it."""
    session.info.setdefault("after_commit", {})[key] = callback


@asynccontextmanager
async def session_connection() -> AsyncGenerator[AsyncConnection]:
    """Open a connection whose session is its own, past any pooler, for what outlives a transaction there.

    Advisory locks and settings of the session end with it.
    """
    settings = get_settings()
    url = settings.database_direct_url or settings.database_url
    own = create_async_engine(url, poolclass=NullPool, connect_args=CONNECT_ARGS)
    async with own.connect() as connection:
        yield connection


@asynccontextmanager
async def autocommit() -> AsyncGenerator[AsyncConnection]:
    """Open a connection on which each statement is its own transaction (the hold, plain reads)."""
    async with engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection
