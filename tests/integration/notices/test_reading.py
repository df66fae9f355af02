"""The bell and the list of notices, through service and REST."""

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlmodel import col, select

from tests import factories
from tests.integration.accounts.browsers import ANA
from tests.integration.notices.bell import make_notice
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.messaging.outbox import OutboxMessage
from ticketing_app.notices import repository
from ticketing_app.notices.schemas import Bell
from ticketing_app.notices.service import reading

pytestmark = pytest.mark.usefixtures("database")


async def bell_of(user: UserRead) -> Bell:
    async with db.transaction() as session:
        return await reading.load_bell(session, user_id=user.id, address=user.email)


async def read_events() -> list[str]:
    async with db.transaction() as session:
        query = select(OutboxMessage.payload).where(col(OutboxMessage.name) == "NoticesRead")
        return [payload["notice_id"] for payload in (await session.exec(query)).all()]


class TestLoadBell:
    async def test_counts_own_shown_unread_notices(self) -> None:
        user = await factories.make_user()
        read = await make_notice(user)
        await make_notice(user)
        await make_notice(user, is_shown=False)
        await make_notice(await factories.make_user())
        async with db.transaction() as session:
            await reading.mark_read(session, user_id=user.id, notice_id=read)
        assert await bell_of(user) == Bell(unread=1)

    async def test_stops_counting_at_ten(self) -> None:
        user = await factories.make_user()
        for _ in range(12):
            await make_notice(user)
        assert (await bell_of(user)).unread == reading.MOST_COUNTED

    async def test_reads_the_index_of_unread_notices(self) -> None:
        user = await factories.make_user()
        async with db.transaction() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = await connection.execute(
                text(f"EXPLAIN {repository._BELL}"),
                {"user_id": user.id, "address": user.email, "most": 10},
            )
            assert "ix_notices_unread" in "\n".join(plan.scalars())

    async def test_reports_a_suppressed_address(self) -> None:
        user = await factories.make_user()
        async with db.transaction() as session:
            await repository.suppress(
                session, address=user.email, reason="bounce", detail="550 5.1.1"
            )
        assert await bell_of(user) == Bell(unread=0, is_suppressed=True)
        assert not (await bell_of(await factories.make_user())).is_suppressed


class TestMarkRead:
    async def test_marks_once(self) -> None:
        user = await factories.make_user()
        notice_id = await make_notice(user)
        for _ in range(2):
            async with db.transaction() as session:
                await reading.mark_read(session, user_id=user.id, notice_id=notice_id)
        assert (await bell_of(user)).unread == 0
        assert await read_events() == [str(notice_id)]

    async def test_ignores_notice_of_another_account(self) -> None:
        owner, thief = await factories.make_user(), await factories.make_user()
        notice_id = await make_notice(owner)
        async with db.transaction() as session:
            await reading.mark_read(session, user_id=thief.id, notice_id=notice_id)
        assert (await bell_of(owner)).unread == 1


class TestRest:
    @pytest.fixture
    async def member(self, api: AsyncClient) -> UserRead:
        return UserRead.model_validate((await api.post("/api/users/signup", json=ANA)).json())

    async def test_lists_newest_first_by_pages(self, api: AsyncClient, member: UserRead) -> None:
        ids = [str(await make_notice(member)) for _ in range(3)]
        await make_notice(await factories.make_user())
        first = (await api.get("/api/notices?limit=2")).json()
        assert [notice["id"] for notice in first["items"]] == ids[:0:-1]
        assert {notice["isRead"] for notice in first["items"]} == {False}
        assert first["items"][0].keys() == {"id", "kind", "text", "path", "createdAt", "isRead"}
        rest = (await api.get(f"/api/notices?limit=2&cursor={first['nextCursor']}")).json()
        assert ([notice["id"] for notice in rest["items"]], rest["nextCursor"]) == (ids[:1], None)

    async def test_lists_a_kind_of_a_newer_version(
        self, api: AsyncClient, member: UserRead
    ) -> None:
        await make_notice(member, "not_known_yet")
        (notice,) = (await api.get("/api/notices")).json()["items"]
        assert (notice["text"], notice["path"]) == (
            "There is news about your account.",
            "/account",
        )

    async def test_marks_up_to_one_as_read(self, api: AsyncClient, member: UserRead) -> None:
        ids = [await make_notice(member) for _ in range(3)]
        other = await factories.make_user()
        theirs = await make_notice(other)
        answer = await api.post("/api/notices/read", json={"upTo": str(ids[1])})
        assert answer.status_code == 204
        items = (await api.get("/api/notices")).json()["items"]
        assert [notice["isRead"] for notice in items] == [False, True, True]
        # The id of another account's notice is only a bound.
        await api.post("/api/notices/read", json={"upTo": str(theirs)})
        assert (await bell_of(member)).unread == 0
        assert (await bell_of(other)).unread == 1

    @pytest.mark.parametrize("body", [{}, {"upTo": "x"}, {"upTo": None}, []])
    async def test_refuses_other_bodies(
        self, api: AsyncClient, member: UserRead, body: object
    ) -> None:
        assert member
        assert (await api.post("/api/notices/read", json=body)).status_code == 400

    async def test_requires_sign_in(self, api: AsyncClient) -> None:
        assert (await api.get("/api/notices")).status_code == 401
        assert (await api.post("/api/notices/read", json={})).status_code == 401

    async def test_refuses_a_wrong_cursor(self, api: AsyncClient, member: UserRead) -> None:
        assert member
        assert (await api.get("/api/notices?cursor=x")).status_code == 400
