"""The page of one's data: exports, and what keeps the account."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.privacy.service import export
from ticketing_app.ui.privacy.state import OwnDataState
from ticketing_app.ui.privacy.views import coming_line

pytestmark = pytest.mark.usefixtures("database")
PATH = "/account/data"


@pytest.fixture
async def user() -> UserRead:
    return await factories.make_user()


@pytest.fixture
async def page(
    tab: Tab, user: UserRead, sign_in: Callable[[UserRead], Awaitable[str]]
) -> OwnDataState:
    tab.open(PATH, cookie=await sign_in(user))
    await tab.call(OwnDataState.load)
    return tab.state(OwnDataState)


async def make_export(user: UserRead, *, is_ready: bool) -> str:
    async with db.transaction() as session:
        asked = await export.request_export(session, user_id=user.id)
    if is_ready:
        await export.make_export(db.transaction, str(asked.id))
    return str(asked.id)


class TestLoad:
    async def test_shows_nothing_yet(self, page: OwnDataState) -> None:
        assert (page.exports, page.reasons, page.coming, page.note) == ([], [], "", "")
        assert page.is_loaded

    @pytest.mark.parametrize("is_ready", [True, False])
    async def test_shows_exports(
        self, tab: Tab, page: OwnDataState, user: UserRead, *, is_ready: bool
    ) -> None:
        export_id = await make_export(user, is_ready=is_ready)
        await tab.call(OwnDataState.load)
        (row,) = page.exports
        assert (row.id, row.is_ready, bool(row.until)) == (export_id, is_ready, is_ready)

    async def test_says_why_the_account_is_needed(
        self, tab: Tab, page: OwnDataState, user: UserRead
    ) -> None:
        await factories.hold(await factories.make_ticket(), user)
        await tab.call(OwnDataState.load)
        assert [reason[:16] for reason in page.reasons] == ["You hold tickets"]

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open(PATH)
        assert "/auth/signin?next=%2Faccount%2Fdata" in await tab.call(OwnDataState.load)
        assert "/auth/signin" in await tab.call(OwnDataState.download, "x")


class TestDownload:
    async def test_leads_to_the_file(self, tab: Tab, page: OwnDataState, user: UserRead) -> None:
        export_id = await make_export(user, is_ready=True)
        assert f"/api/users/exports/{export_id}" in await tab.call(OwnDataState.download, export_id)
        assert page.error_message == ""

    async def test_asks_for_a_proof(self, tab: Tab, page: OwnDataState, user: UserRead) -> None:
        export_id = await make_export(user, is_ready=True)
        await age_proofs()
        assert "/api/users/exports" not in await tab.call(OwnDataState.download, export_id)
        assert page.is_loaded

    async def test_rejects_what_is_no_id(self, tab: Tab, page: OwnDataState) -> None:
        await tab.call(OwnDataState.download, "../../etc")
        assert page.error_message.startswith("We could not find this file")


class TestComingLine:
    @pytest.mark.parametrize(
        ("count", "words"), [(0, ""), (1, "bought a ticket for"), (3, "bought 3 tickets for")]
    )
    def test_counts(self, count: int, words: str) -> None:
        assert words in coming_line(count)
        assert bool(coming_line(count)) == bool(count)
