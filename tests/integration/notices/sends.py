"""Make, send and read notices."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from tests import factories
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.notices.service import sending, telling

ATTEMPTS = 20


async def welcome(email: str) -> UserRead:
    """Create an account with this address and a notice of kind `welcome`."""
    user = await factories.make_user(email)
    await tell(user, "welcome", f"welcome:{user.id}")
    return user


async def tell(user: UserRead, kind: str, key: str, **facts: Any) -> None:  # noqa: ANN401  # any JSON.
    async with db.transaction() as session:
        await telling.tell(session, user_id=user.id, kind=kind, key=key, facts=facts)


async def send_all() -> None:
    """Act once for each due send; the first failure is raised."""
    for send_id in await column("SELECT id FROM sends WHERE status = 'due' ORDER BY id"):
        await sending.send_mail(db.transaction, str(send_id))


async def statuses() -> list[str]:
    return await column("SELECT status FROM sends ORDER BY id")


async def send_ids() -> list[UUID]:
    return await column("SELECT id FROM sends ORDER BY id")


async def column(statement: str, **values: object) -> list[Any]:
    async with db.transaction() as session:
        found = await (await session.connection()).execute(text(statement), values)
        return list(found.scalars())
