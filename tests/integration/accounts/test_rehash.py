"""Sign-in replaces the hash of a password when the costs rose since it was made."""

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from tests.factories import recorded_events
from tests.integration.accounts.browsers import ANA
from ticketing_app.accounts import devices, passwords
from ticketing_app.accounts.service import users
from ticketing_app.core import db


async def execute(statement: str, **values: object) -> tuple[str, int]:
    async with db.transaction() as session:
        returning = f"{statement} RETURNING password_hash, version"
        row = (await (await session.connection()).execute(text(returning), values)).one()
    return row.password_hash, row.version


async def stored() -> tuple[str, int]:
    return await execute("UPDATE users SET version = version")


@pytest.fixture
async def cheap_hash(api: AsyncClient) -> str:
    """The hash of an account's password at lower costs than today's."""
    await api.post("/api/users/signup", json=ANA)
    cheap = passwords._context.copy(argon2__time_cost=1).hash(ANA["password"])
    await execute("UPDATE users SET password_hash = :cheap", cheap=cheap)
    return cheap


class TestRehash:
    async def test_replaces_hash_of_lower_costs(self, api: AsyncClient, cheap_hash: str) -> None:
        answer = await api.post("/api/users/signin", json=ANA)
        assert answer.status_code == 200
        password_hash, version = await stored()
        assert password_hash != cheap_hash
        assert version == 1
        assert await passwords.verify_and_update(ANA["password"], password_hash) == (True, None)
        assert await recorded_events("UserUpdated") == []

    async def test_wrong_password_replaces_nothing(self, api: AsyncClient, cheap_hash: str) -> None:
        answer = await api.post("/api/users/signin", json=ANA | {"password": "wrong horse"})
        assert answer.status_code == 400
        assert await stored() == (cheap_hash, 1)

    async def test_keeps_hash_of_present_costs(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        before = await stored()
        await api.post("/api/users/signin", json=ANA)
        assert await stored() == before

    @pytest.mark.usefixtures("cheap_hash")
    async def test_device_is_known_by_the_new_hash(self, api: AsyncClient) -> None:
        answer = await api.post("/api/users/signin", json=ANA)
        (cookie,) = (
            header.partition(";")[0]
            for header in answer.headers.get_list("set-cookie")
            if header.startswith(devices.PREFIX)
        )
        async with db.transaction() as session:
            user = await users.find_user(session, email=ANA["email"])
        assert user
        assert devices.limit_key(user, cookie)
