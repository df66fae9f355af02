"""Tokens of mailed links: once, in time, for one purpose."""

import asyncio

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.accounts.rules import LIVE_TOKENS, TOKEN_LIFETIMES, TokenPurpose
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.accounts.service import tokens
from ticketing_app.core import db

pytestmark = pytest.mark.usefixtures("database")
RESET = frozenset({TokenPurpose.RESET})


@pytest.fixture
async def user(database: None) -> UserRead:  # noqa: ARG001  # order only.
    return await factories.make_user()


async def issue(user: UserRead, purpose: TokenPurpose = TokenPurpose.RESET) -> str:
    async with db.transaction() as session:
        return await tokens.issue(
            session, user_id=user.id, purpose=purpose, facts={"email": user.email}
        )


async def redeem(secret: str, purposes: frozenset[TokenPurpose] = RESET) -> tokens.Redeemed:
    async with db.transaction() as session:
        return await tokens.redeem(session, secret=secret, purposes=purposes)


async def count(condition: str = "true") -> int:
    async with db.autocommit() as connection:
        return (
            await connection.execute(text(f"SELECT count(*) FROM tokens WHERE {condition}"))
        ).scalar_one()


class TestRedeem:
    async def test_returns_account_and_facts(self, user: UserRead) -> None:
        found = await redeem(await issue(user))
        assert found == (user.id, TokenPurpose.RESET, {"email": user.email})

    async def test_rejects_used_token(self, user: UserRead) -> None:
        secret = await issue(user)
        await redeem(secret)
        with pytest.raises(tokens.InvalidTokenError):
            await redeem(secret)

    async def test_of_concurrent_uses_one_succeeds(self, user: UserRead) -> None:
        secret = await issue(user)
        uses = (redeem(secret) for _ in range(4))
        found = await asyncio.gather(*uses, return_exceptions=True)
        assert sum(isinstance(each, tokens.Redeemed) for each in found) == 1

    async def test_rejects_expired_token(self, user: UserRead) -> None:
        secret = await issue(user)
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE tokens SET expires_at = clock_timestamp()"))
        with pytest.raises(tokens.InvalidTokenError):
            await redeem(secret)

    @pytest.mark.parametrize("purpose", TokenPurpose)
    async def test_rejects_token_of_another_purpose(
        self, user: UserRead, purpose: TokenPurpose
    ) -> None:
        others = frozenset(TokenPurpose) - {purpose}
        secret = await issue(user, purpose)
        with pytest.raises(tokens.InvalidTokenError):
            await redeem(secret, others)
        assert (await redeem(secret, frozenset({purpose}))).purpose == purpose

    @pytest.mark.parametrize("secret", ["", "x", "ÿ\u0000", "a" * 10_000])
    async def test_rejects_unknown_secret(self, user: UserRead, secret: str) -> None:
        await issue(user)
        with pytest.raises(tokens.InvalidTokenError):
            await redeem(secret)


class TestIssue:
    async def test_stores_no_secret(self, user: UserRead) -> None:
        secret = await issue(user)
        assert len(secret) == 43
        assert await count(f"tokens::text LIKE '%{secret}%'") == 0
        assert await count("octet_length(secret_hash) = 32") == 1

    @pytest.mark.parametrize("purpose", TokenPurpose)
    async def test_expires(self, user: UserRead, purpose: TokenPurpose) -> None:
        await issue(user, purpose)
        seconds = TOKEN_LIFETIMES[purpose].total_seconds()
        left = "extract(epoch FROM expires_at - now())"
        assert await count(f"{left} BETWEEN {seconds - 60} AND {seconds + 1}") == 1

    async def test_replaces_the_oldest(self, user: UserRead) -> None:
        secrets = [await issue(user) for _ in range(LIVE_TOKENS + 1)]
        other = await issue(user, TokenPurpose.CONFIRM)
        assert await count() == LIVE_TOKENS + 1
        with pytest.raises(tokens.InvalidTokenError):
            await redeem(secrets[0])
        for secret in secrets[1:]:
            await redeem(secret)
        await redeem(other, frozenset({TokenPurpose.CONFIRM}))

    async def test_keeps_every_way_back_to_a_former_address(self, user: UserRead) -> None:
        secrets = [await issue(user, TokenPurpose.UNDO) for _ in range(LIVE_TOKENS + 1)]
        await redeem(secrets[0], frozenset({TokenPurpose.UNDO}))
