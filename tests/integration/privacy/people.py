"""A person with everything that an account can have, and the search for what is left of them."""

from httpx import AsyncClient
from sqlalchemy import text

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.orders import given
from tests.integration.payments import sales
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.cases import service as cases
from ticketing_app.cases.schemas import CaseCreate
from ticketing_app.core import db
from ticketing_app.messaging.catalog import UserSignedIn
from ticketing_app.tickets.schemas.listings import DraftUpdate
from ticketing_app.tickets.service import drafts

ANA = {"email": "ana.kowalczyk@gittix.test", "password": "correct horse battery"}
FORMER = """
    INSERT INTO former_emails (email, user_id, user_version, expires_at)
    VALUES (:email, :id, 1, now() + interval '7 days')
"""
WORDS = "Ask Ana Kowalczyk at the door"


async def sign_up(api: AsyncClient) -> UserRead:
    """Create Ana's account and sign the client in."""
    answer = await api.post("/api/users/signup", json=ANA)
    return UserRead.model_validate(answer.raise_for_status().json())


async def live_a_life(ana: UserRead) -> None:
    """Sell and buy, and leave words wherever words can be left."""
    await factories.make_ticket(ana, description=WORDS)
    bought = await sales.sell(buyer=ana)
    await sales.request_refund(bought)
    await sales.sweep()
    await given.offer(await given.sell(), ana)
    await column(FORMER, id=ana.id, email=f"former.{ana.email}")
    written = CaseCreate(message=WORDS, name=WORDS)
    async with db.transaction() as session:
        case = await cases.open_case(session, case=written, user_id=ana.id)
        await cases.answer_case(session, number=case.number, message=WORDS)
        visited = written.model_copy(update={"email": ana.email})
        await cases.open_case(session, case=visited)
    await deliver("CaseOpened", "CaseChanged")
    update = DraftUpdate(fields={"description": WORDS})
    async with db.transaction() as session:
        await drafts.save_draft(session, user_id=ana.id, update=update)


async def signed_in(user: UserRead) -> UserSignedIn:
    """Return the event of the last sign-in."""
    (*_, event) = await factories.recorded_events("UserSignedIn")
    assert event["user_id"] == str(user.id)
    return UserSignedIn.model_validate(event)


async def books() -> list[object]:
    """Return orders and payments, as text."""
    return [
        await column(f"SELECT {table}::text FROM {table} ORDER BY id")  # names of tables.
        for table in ("orders", "charges", "refunds")
    ]


async def tables_with(words: str) -> list[str]:
    """Return the tables that contain these words in any column."""
    async with db.transaction() as session:
        connection = await session.connection()
        names = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        found = list[str]()
        for name in sorted(names.scalars()):
            query = text(
                f'SELECT 1 FROM "{name}" AS row WHERE row::text ILIKE :words LIMIT 1'
            )  # names of tables.
            if (await connection.execute(query, {"words": f"%{words}%"})).scalar():
                found.append(name)
        return found


async def column(statement: str, **values: object) -> list[object]:
    async with db.transaction() as session:
        found = await (await session.connection()).execute(text(statement), values)
        return list(found.scalars()) if found.returns_rows else []


async def pass_days(days: int) -> None:
    """Let days pass for sign-ins, deletions and exports."""
    for table, name in (
        ("sessions", "created_at"),
        ("deletions", "requested_at"),
        ("deletions", "due_at"),
        ("exports", "expires_at"),
    ):
        statement = (
            f"UPDATE {table} SET {name} = {name} - make_interval(days => :days)"  # names of tables.
        )
        await column(statement, days=days)
