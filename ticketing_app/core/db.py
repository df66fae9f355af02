"""PostgreSQL: engines, transactions, ids and helpers for tables."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, cast
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
import uuid_utils.compat
from sqlalchemy import (
    ColumnElement,
    DateTime,
    NullPool,
    QueuePool,
    delete,
    event,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.settings import Settings, get_settings

# Opens a transaction; passed to use cases that need several, with calls to Stripe between them.
Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
# Opens a connection in AUTOCOMMIT; passed to use cases that wait before they take one from the pool.
Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

CONNECT_TIMEOUT_SECONDS = 5
# Longer than `statement_timeout`: a timeout of PostgreSQL rolls back, but one of the client may come after
# the commit.
COMMAND_TIMEOUT_SECONDS = 35
CONNECT_ARGS = {"timeout": CONNECT_TIMEOUT_SECONDS, "command_timeout": COMMAND_TIMEOUT_SECONDS}

LOCK_TIMEOUT_SECONDS = 3
# Without keepalives, PostgreSQL holds the locks of a lost client for two hours.
KEEPALIVES = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
}

# Ends transactions that hang; those that wait for their locks fail earlier.
SESSION_LIMITS = {
    "lock_timeout": f"{LOCK_TIMEOUT_SECONDS}s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "15s",
}

# Rewriting a table is slow; alembic/env.py limits the wait for locks.
MIGRATION_LIMITS = {
    "lock_timeout": "0",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "60s",
}

# A restart of PostgreSQL closes our connections, which costs no ping to see. The ping finds those that were
# lost without a word, as when a machine fails or a firewall forgets them.
PING_AFTER_IDLE_SECONDS = 0.2
PING_TIMEOUT_SECONDS = 2
# Errors of asyncpg on a dead connection; the last one just after PostgreSQL closed it.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
DELETE_BATCH = 500
DELETE_BATCHES = 20

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of all tables: SQLModel's stub types the name as a declared_attr, which it is not here."""

    __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]


def utc_datetime() -> type[Any]:
    """Return timestamptz as `sa_type`, which takes instances although it is typed as a class."""
    return cast("type[Any]", DateTime(timezone=True))


class _Engines(NamedTuple):
    """Two views of one pool that differ in isolation level."""

    transactional: AsyncEngine
    autocommit: AsyncEngine


# asyncpg connections belong to one event loop, and Reflex forks after import: each loop has an engine,
# created on first use.
_engines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Engines] = WeakKeyDictionary()


def new_id() -> UUID:
    """Return a UUIDv7, which sorts by creation time."""
    return uuid_utils.compat.uuid7()


def oldest_id(at: datetime) -> UUID:
    """Return a lower bound of the ids created from `at` on."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def engine() -> AsyncEngine:
    return _own_engines().transactional


def _own_engines() -> _Engines:
    loop = asyncio.get_running_loop()
    if loop not in _engines:
        made = _make_engine(get_settings())
        _engines[loop] = _Engines(made, made.execution_options(isolation_level="AUTOCOMMIT"))
    return _engines[loop]


def _make_engine(settings: Settings) -> AsyncEngine:
    # PgBouncer refuses these startup parameters; with it the database role must set the limits.
    direct_url = settings.database_direct_url
    is_pooled = bool(direct_url) and direct_url != settings.database_url
    limits = {} if is_pooled else SESSION_LIMITS | KEEPALIVES
    made = create_async_engine(
        settings.database_url.get_secret_value(),
        # No overflow: under load it would open and close a connection per request.
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        pool_use_lifo=True,
        connect_args=CONNECT_ARGS | {"server_settings": limits},
    )
    event.listen(made.sync_engine, "checkin", _note_checkin)
    event.listen(made.sync_engine, "checkout", _check_connection)
    return made


def _note_checkin(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _check_connection(
    connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    # Costs no round trip for connections that PostgreSQL closed, and one after an idle period.
    # SQLAlchemy's pool_pre_ping costs three (BEGIN, ping, ROLLBACK) per checkout. The error makes the
    # pool replace all connections that are as old as the dead one.
    driver: asyncpg.Connection = cast("Any", connection).driver_connection
    if driver.is_closed():
        raise InvalidatePoolError
    idle_since = record.info.get("idle_since")
    if idle_since is None or time.monotonic() - idle_since < PING_AFTER_IDLE_SECONDS:
        return
    try:
        cast("Any", connection).run_async(_ping)
    except CONNECTION_ERRORS as error:
        raise InvalidatePoolError from error


async def _ping(driver: asyncpg.Connection) -> None:
    # Without arguments this is a simple query: one round trip, also through PgBouncer in transaction mode.
    await driver.execute("SELECT 1", timeout=PING_TIMEOUT_SECONDS)


def migration_engine() -> AsyncEngine:
    """Return a new engine for migrations; it bypasses any pooler, as their lock belongs to the session."""
    settings = get_settings()
    return create_async_engine(
        (settings.database_direct_url or settings.database_url).get_secret_value(),
        poolclass=NullPool,
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "server_settings": MIGRATION_LIMITS | KEEPALIVES,
        },
    )


async def dispose() -> None:
    if engines := _engines.pop(asyncio.get_running_loop(), None):
        await engines.transactional.dispose()


class PoolUsage(NamedTuple):
    in_use: int
    idle: int


def pool_usage() -> PoolUsage:
    """Count the connections of all event loops. Thread-safe."""
    # keyrefs() returns a copy; another thread may change the dictionary meanwhile.
    loops = [loop for reference in _engines.keyrefs() if (loop := reference())]
    engines = [engine for loop in loops if (engine := _engines.get(loop))]
    pools = [cast("QueuePool", each.transactional.pool) for each in engines]
    return PoolUsage(
        in_use=sum(pool.checkedout() for pool in pools),
        idle=sum(pool.checkedin() for pool in pools),
    )


@asynccontextmanager
async def transaction() -> AsyncGenerator[AsyncSession]:
    """Open the one transaction of a request, job or event; commits at the end, rolls back on error."""
    async with AsyncSession(engine(), expire_on_commit=False) as session:
        async with session.begin():
            yield session
        for callback in session.info.get("after_commit", {}).values():
            await callback()


async def delete_in_batches(delete_batch: Callable[[AsyncSession, int], Awaitable[int]]) -> None:
    """Call `delete_batch(session, limit)`, each time in a new transaction, until it deletes fewer rows."""
    # Stops after 10,000 rows, to not block other jobs; the next run deletes more.
    for _ in range(DELETE_BATCHES):
        async with transaction() as session:
            deleted = await delete_batch(session, DELETE_BATCH)
        if deleted < DELETE_BATCH:
            return


async def delete_batch(
    session: AsyncSession, table: type[Table], *conditions: ColumnElement[bool], limit: int
) -> int:
    """Delete up to `limit` matching rows, without those that another process has locked; return the count."""
    keys = inspect(table).primary_key
    # A CTE: a plain subquery may run again for each row of a nested loop, and exceed `limit`.
    old = select(*keys).where(*conditions).limit(limit).with_for_update(skip_locked=True).cte()
    rows = delete(table).where(tuple_(*keys).in_(select(old)))
    return (await (await session.connection()).execute(rows)).rowcount


def after_commit(session: AsyncSession, key: str, callback: Callable[[], Awaitable[None]]) -> None:
    """Run `callback` after the commit; a later callback with the same key replaces it."""
    session.info.setdefault("after_commit", {})[key] = callback


@asynccontextmanager
async def session_connection() -> AsyncGenerator[AsyncConnection]:
    """Open a dedicated connection that bypasses any pooler, for session-level locks and settings."""
    settings = get_settings()
    url = (settings.database_direct_url or settings.database_url).get_secret_value()
    connect_args = CONNECT_ARGS | {"server_settings": SESSION_LIMITS | KEEPALIVES}
    own = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)
    async with own.connect() as connection:
        yield connection


@asynccontextmanager
async def autocommit() -> AsyncGenerator[AsyncConnection]:
    """Open a connection in AUTOCOMMIT (the hold, plain reads)."""
    async with _own_engines().autocommit.connect() as connection:
        yield connection
