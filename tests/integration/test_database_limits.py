"""Limits of every connection to PostgreSQL, and the response when one is exceeded."""

import asyncio
from collections.abc import Callable
from typing import cast

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.api import users as accounts_api
from ticketing_app.accounts.schemas import UserCreate, UserRead
from ticketing_app.core import db

ANA = {"email": "ana@gittix.test", "password": "correct horse"}
LIMITS = {
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


async def settings_of(connection: AsyncConnection) -> dict[str, str]:
    query = text(
        "SELECT name, current_setting(name) FROM unnest(CAST(:names AS text[])) AS s (name)"
    )
    rows = await connection.execute(query, {"names": list(LIMITS)})
    return {name: value for name, value in rows}  # noqa: C416  # rows are no pairs for its types.


@pytest.mark.usefixtures("database")
class TestLimits:
    async def test_belong_to_every_connection(self) -> None:
        async with db.engine().connect() as connection:
            assert await settings_of(connection) == LIMITS
        async with db.autocommit() as connection:
            assert await settings_of(connection) == LIMITS
        async with db.session_connection() as connection:
            assert await settings_of(connection) == LIMITS

    async def test_let_a_migration_rewrite_tables_but_not_stop_in_a_transaction(self) -> None:
        async with db.migration_engine().connect() as connection:
            found = await settings_of(connection)
        assert (found["statement_timeout"], found["idle_in_transaction_session_timeout"]) == (
            "0",
            "1min",
        )

    async def test_are_not_sent_to_a_pooler(
        self, change_settings: Callable[..., None], stack: object
    ) -> None:
        del stack
        await db.dispose()
        change_settings(database_direct_url="postgresql+asyncpg://gittix@127.0.0.1:1/direct")
        async with db.engine().connect() as connection:
            assert (await settings_of(connection))["lock_timeout"] == "0"
        await db.dispose()


@pytest.mark.usefixtures("database")
class TestPool:
    async def test_keeps_what_it_opens(self, change_settings: Callable[..., None]) -> None:
        await db.dispose()
        change_settings(database_pool_size=2)

        async def own_pid() -> int:
            async with db.autocommit() as connection:
                return await connection.scalar(text("SELECT pg_backend_pid()"))

        pids = set(await asyncio.gather(*(own_pid() for _ in range(20))))
        assert len(pids) <= 2
        assert await own_pid() in pids
        await db.dispose()

    @pytest.mark.parametrize(("idle_seconds", "queries"), [(60, []), (0, ["SELECT 1"])])
    async def test_pings_only_idle_connections_in_one_round_trip(
        self, monkeypatch: pytest.MonkeyPatch, idle_seconds: float, queries: list[str]
    ) -> None:
        monkeypatch.setattr(db, "PING_AFTER_IDLE_SECONDS", idle_seconds)
        await db.dispose()
        sent: list[str] = []
        async with db.autocommit() as connection:
            raw = await connection.get_raw_connection()
            # The listener receives all queries but prepared ones.
            cast("asyncpg.Connection", raw.driver_connection).add_query_logger(
                lambda record: sent.append(record.query)
            )
        async with db.autocommit() as connection:
            await connection.execute(text("SELECT 2"))
        await db.dispose()
        assert sent == queries


class TestExceededLimit:
    @pytest.mark.parametrize(
        ("exceed", "sentence"),
        [
            ("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)", "Nothing was changed"),
            # PostgreSQL ends the session then, which the driver sees as a lost connection.
            ("SET LOCAL idle_in_transaction_session_timeout = '10ms'; SELECT 1", "try again"),
        ],
    )
    async def test_is_503_with_retry_after(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch, exceed: str, sentence: str
    ) -> None:
        sign_up = accounts_api.registration.sign_up

        async def sign_up_slowly(session: AsyncSession, *, user: UserCreate) -> UserRead:
            connection = await session.connection()
            for statement in exceed.split(";"):
                await connection.execute(text(statement))
            await _let_time_pass()
            return await sign_up(session, user=user)

        monkeypatch.setattr(accounts_api.registration, "sign_up", sign_up_slowly)
        answer = await api.post("/api/users/signup", json=ANA)
        assert answer.status_code == 503
        assert sentence in answer.json()["errors"][0]["message"]
        assert answer.headers["retry-after"] == "5"


async def _let_time_pass() -> None:
    async with db.autocommit() as other:
        await other.execute(text("SELECT pg_sleep(0.1)"))
