"""Responses while the database fails: they state only known outcomes."""

from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.site import free_port
from ticketing_app.accounts.api import users as accounts_api
from ticketing_app.accounts.schemas import UserCreate, UserRead
from ticketing_app.accounts.service import registration
from ticketing_app.core import db

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


async def end_own_connection(session: AsyncSession) -> None:
    """A crash during the statement."""
    await (await session.connection()).execute(
        text("SELECT pg_terminate_backend(pg_backend_pid())")
    )


async def lose_the_commit(session: AsyncSession) -> None:
    """A crash before the reply to the commit."""
    connection = await session.connection()
    own = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with db.autocommit() as other:
        await other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})


class TestLostConnection:
    @pytest.mark.parametrize("lose", [end_own_connection, lose_the_commit])
    async def test_does_not_claim_that_nothing_was_changed(
        self,
        api: AsyncClient,
        monkeypatch: pytest.MonkeyPatch,
        lose: Callable[[AsyncSession], Awaitable[None]],
    ) -> None:
        sign_up = registration.sign_up

        async def sign_up_and_lose(session: AsyncSession, *, user: UserCreate) -> UserRead:
            created = await sign_up(session, user=user)
            await session.flush()
            await lose(session)
            return created

        monkeypatch.setattr(accounts_api.registration, "sign_up", sign_up_and_lose)
        answer = await api.post("/api/users/signup", json=ANA)
        assert answer.status_code == 503
        message = answer.json()["errors"][0]["message"]
        assert "Nothing was changed" not in message
        assert "try again" in message


class TestRefusedConnection:
    async def test_says_that_nothing_was_changed(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = create_async_engine(f"postgresql+asyncpg://127.0.0.1:{free_port()}/gittix")
        monkeypatch.setattr(db, "engine", lambda: nowhere)
        answer = await api.post("/api/users/signup", json=ANA)
        assert answer.status_code == 503
        message = answer.json()["errors"][0]["message"]
        assert "Nothing was changed" in message
        assert "Try again" in message
