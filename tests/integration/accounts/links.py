"""Links as the mails of accounts carry them, and accounts that opened them."""

from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import text

from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.accounts.service import tokens, users
from ticketing_app.core import db

CONFIRM_URL = "/api/users/email/confirm"
RESET_URL = "/api/users/password-reset/confirm"
NEW_PASSWORD = "battery staple"


async def user_id(email: str) -> UUID:
    async with db.transaction() as session:
        user = await users.find_user(session, email=email)
    assert user
    return user.id


async def mail(owner: str, purpose: TokenPurpose, email: str | None = None) -> str:
    """Return the token of a link for the account with the address `owner`, about the address `email`."""
    owner_id = await user_id(owner)
    async with db.transaction() as session:
        return await tokens.issue(
            session, user_id=owner_id, purpose=purpose, facts={"email": email or owner}
        )


async def confirm(api: AsyncClient, email: str) -> None:
    """Confirm the address of this account."""
    answer = await use(api, await mail(email, TokenPurpose.CONFIRM))
    assert answer.status_code == 200


async def use(api: AsyncClient, token: str) -> Response:
    return await api.post(CONFIRM_URL, json={"token": token})


async def reset(api: AsyncClient, token: str, password: str = NEW_PASSWORD) -> Response:
    return await api.post(RESET_URL, json={"token": token, "newPassword": password})


async def expire_tokens() -> None:
    async with db.autocommit() as connection:
        await connection.execute(text("UPDATE tokens SET expires_at = clock_timestamp()"))
