"""Handlers of the account page, called by the page and with hostile arguments."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.ui.conftest import Tab
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core.settings import Settings
from ticketing_app.ui.accounts.state import ProfileState, SecurityState
from ticketing_app.ui.accounts.views import CHANGE_MAILED, NOTES

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]


@pytest.fixture
async def cookies(tab: Tab, sign_in: SignIn) -> list[str]:
    """The cookies of two browsers of one person; the tab is in the first."""
    user = await factories.make_user()
    found = [await sign_in(user) for _ in range(2)]
    tab.open("/account/security", cookie=found[0])
    await tab.call(SecurityState.load)
    return found


def other_id(tab: Tab) -> str:
    (row,) = [row for row in tab.state(SecurityState).rows if not row.is_current]
    return row.id


class TestLoad:
    async def test_lists_own_sessions(self, tab: Tab, sign_in: SignIn) -> None:
        await sign_in(await factories.make_user())
        tab.open("/account/security", cookie=await sign_in(await factories.make_user()))
        await tab.call(SecurityState.load)
        shown = tab.state(SecurityState)
        assert [(row.device, row.is_current) for row in shown.rows] == [("Unknown device", True)]
        assert (shown.is_loaded, shown.note, shown.has_others) == (True, "", False)

    @pytest.mark.parametrize(
        ("changed", "note"),
        [("password", "Your password is changed"), ("x", "")],
    )
    async def test_confirms_submitted_form(
        self, tab: Tab, cookies: list[str], changed: str, note: str
    ) -> None:
        tab.open(f"/account/security?changed={changed}", cookie=cookies[0])
        await tab.call(SecurityState.load)
        assert tab.state(SecurityState).note.startswith(note)
        assert bool(tab.state(SecurityState).note) == bool(note)

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/account/security")
        for handler, arguments in (
            (SecurityState.load, ()),
            (SecurityState.end, ("x",)),
            (SecurityState.end_others, ()),
        ):
            assert "/auth/signin?next=%2Faccount%2Fsecurity" in await tab.call(handler, *arguments)


class TestProfile:
    @pytest.mark.parametrize(
        ("is_confirmed", "changed", "note"),
        [
            (False, "email", NOTES["email"]),
            (True, "email", CHANGE_MAILED),
            (False, "confirmation", NOTES["confirmation"]),
            (True, "x", ""),
            (True, "", ""),
        ],
    )
    async def test_confirms_submitted_form(
        self, tab: Tab, sign_in: SignIn, *, is_confirmed: bool, changed: str, note: str
    ) -> None:
        user = await factories.make_user(is_confirmed=is_confirmed)
        tab.open(f"/account?changed={changed}", cookie=await sign_in(user))
        await tab.call(ProfileState.load)
        shown = tab.state(ProfileState)
        assert (shown.is_loaded, shown.note) == (True, note)
        assert (shown.is_confirmed, shown.can_confirm) == (is_confirmed, not is_confirmed)

    async def test_offers_no_link_without_mail(
        self, tab: Tab, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Settings, "has_mail", False)
        user = await factories.make_user(is_confirmed=False)
        tab.open("/account", cookie=await sign_in(user))
        await tab.call(ProfileState.load)
        assert not tab.state(ProfileState).can_confirm

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/account")
        assert "/auth/signin?next=%2Faccount" in await tab.call(ProfileState.load)


class TestEnd:
    async def test_ends_other_session(self, tab: Tab, cookies: list[str]) -> None:
        await tab.call(SecurityState.end, other_id(tab))
        assert [row.is_current for row in tab.state(SecurityState).rows] == [True]
        assert "signed out" in tab.state(SecurityState).note
        assert await auth.authenticate(cookies[1]) is None

    async def test_ends_all_other_sessions(self, tab: Tab, cookies: list[str]) -> None:
        await tab.call(SecurityState.end_others)
        assert [row.is_current for row in tab.state(SecurityState).rows] == [True]
        assert await auth.authenticate(cookies[1]) is None
        assert await auth.authenticate(cookies[0])

    async def test_redirects_to_sign_in_after_ending_own_session(
        self, tab: Tab, cookies: list[str]
    ) -> None:
        (own,) = [row.id for row in tab.state(SecurityState).rows if row.is_current]
        assert "/auth/signin" in await tab.call(SecurityState.end, own)
        assert await auth.authenticate(cookies[1])

    async def test_rejects_session_of_another_user(
        self, tab: Tab, cookies: list[str], sign_in: SignIn
    ) -> None:
        theirs = other_id(tab)
        tab.open("/account/security", cookie=await sign_in(await factories.make_user()))
        await tab.call(SecurityState.load)
        for session_id in (theirs, "nonsense", "", 5, None, ["x"], {"id": theirs}):
            await tab.call(SecurityState.end, session_id)
            assert "could not find this sign-in" in tab.state(SecurityState).error_message
        assert await auth.authenticate(cookies[1])
