"""Handlers that need a proof: the page asks for it, and then calls them again."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.ui.conftest import Tab
from ticketing_app.accounts import auth
from ticketing_app.accounts.models import Passkey
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.ui.accounts.state import SecurityState
from ticketing_app.ui.session import SessionState

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]
ASKS = "proofneeded"


async def make_passkey(user: UserRead) -> str:
    """Add a passkey that cannot be used."""
    row = Passkey(
        user_id=user.id,
        credential_id=db.new_id().bytes,
        public_key=b"",
        sign_count=0,
        transports=[],
        is_backed_up=False,
        name="Old phone",
    )
    async with db.transaction() as session:
        session.add(row)
    return str(row.id)


@pytest.fixture
async def user(database: None) -> UserRead:  # noqa: ARG001  # order only.
    return await factories.make_user()


@pytest.fixture
async def cookies(tab: Tab, sign_in: SignIn, user: UserRead) -> list[str]:
    """The cookies of two browsers of one person; the tab is in the first, and its proof is stale."""
    found = [await sign_in(user) for _ in range(2)]
    await age_proofs()
    tab.open("/account/security", cookie=found[0])
    await tab.call(SecurityState.load)
    return found


def other_id(tab: Tab) -> str:
    (row,) = [row for row in tab.state(SecurityState).rows if not row.is_current]
    return row.id


def repeated(tab: Tab) -> str:
    """Return the call that the tab repeats after the proof, empty if there is none."""
    event = SessionState.repeat.fn(tab.state(SessionState))  # type: ignore[attr-defined]
    if event is None:
        return ""
    return " ".join([event.handler.fn.__name__, *(str(value) for _, value in event.args)])


class TestStaleProof:
    async def test_ends_no_other_session(self, tab: Tab, cookies: list[str]) -> None:
        theirs = other_id(tab)
        refusals = tab.state(SecurityState).refusals
        assert ASKS in await tab.call(SecurityState.end_others)
        assert ASKS in await tab.call(SecurityState.end, theirs)
        assert await auth.authenticate(cookies[1])
        assert tab.state(SecurityState).refusals == refusals + 2
        assert tab.state(SecurityState).error_message == ""

    async def test_ends_the_own_session(self, tab: Tab, cookies: list[str]) -> None:
        (own,) = [row.id for row in tab.state(SecurityState).rows if row.is_current]
        assert "/auth/signin" in await tab.call(SecurityState.end, own)
        assert await auth.authenticate(cookies[0]) is None

    @pytest.mark.usefixtures("cookies")
    async def test_removes_no_passkey(self, tab: Tab, user: UserRead) -> None:
        passkey_id = await make_passkey(user)
        assert ASKS in await tab.call(SecurityState.remove_passkey, passkey_id)
        await tab.call(SecurityState.load)
        assert [row.name for row in tab.state(SecurityState).passkeys] == ["Old phone"]


class TestRepeat:
    @pytest.mark.usefixtures("cookies")
    async def test_calls_the_handler_with_its_arguments_once(self, tab: Tab) -> None:
        theirs = other_id(tab)
        await tab.call(SecurityState.end, theirs)
        call = repeated(tab)
        assert (call.startswith("end "), theirs in call) == (True, True)
        assert repeated(tab) == ""

    @pytest.mark.usefixtures("cookies")
    async def test_without_a_proof_is_asked_again(self, tab: Tab) -> None:
        await tab.call(SecurityState.end_others)
        assert repeated(tab) == "end_others"
        assert ASKS in await tab.call(SecurityState.end_others)

    @pytest.mark.usefixtures("cookies")
    async def test_forgets_the_call_of_another_person(self, tab: Tab, sign_in: SignIn) -> None:
        await tab.call(SecurityState.end_others)
        tab.open("/account/security", cookie=await sign_in(await factories.make_user()))
        await tab.call(SecurityState.load)
        assert repeated(tab) == ""


class TestPasskeys:
    async def test_are_listed_and_removed(self, tab: Tab, sign_in: SignIn, user: UserRead) -> None:
        passkey_id = await make_passkey(user)
        tab.open("/account/security?changed=passkey", cookie=await sign_in(user))
        await tab.call(SecurityState.load)
        shown = tab.state(SecurityState)
        (row,) = shown.passkeys
        assert (row.id, row.name, row.used) == (passkey_id, "Old phone", "Not used yet")
        assert row.added.endswith("on that device only")
        assert shown.note == "Your passkey is added. Next time you can sign in with it."
        await tab.call(SecurityState.remove_passkey, passkey_id)
        assert shown.passkeys == []
        assert "removed" in shown.note

    async def test_of_another_user_stay(self, tab: Tab, sign_in: SignIn, user: UserRead) -> None:
        theirs = await make_passkey(user)
        tab.open("/account/security", cookie=await sign_in(await factories.make_user()))
        await tab.call(SecurityState.load)
        for passkey_id in (theirs, "nonsense", "", 5, None, ["x"], {"id": theirs}):
            await tab.call(SecurityState.remove_passkey, passkey_id)
            message = tab.state(SecurityState).error_message
            assert message == "We could not find this passkey among yours."
        assert tab.state(SecurityState).passkeys == []
        tab.open("/account/security", cookie=await sign_in(user))
        await tab.call(SecurityState.load)
        assert len(tab.state(SecurityState).passkeys) == 1
