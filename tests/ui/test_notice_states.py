"""Handlers of the bell and of the pages of notices, called by the pages and with hostile arguments."""

from collections.abc import Awaitable, Callable

import pytest

from tests import factories
from tests.integration.notices.bell import make_notice, use_kinds
from tests.ui.conftest import Tab
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.notices import repository
from ticketing_app.ui.live import channels
from ticketing_app.ui.notices.state import NoticeChoiceState, NoticeListState, PushState
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell import rows

pytestmark = pytest.mark.usefixtures("database")
SignIn = Callable[[UserRead], Awaitable[str]]
PRIVATE_KEY = "rGxkcC-iBjrxDLbUaJCaG7q0dbH6jqf9Y0PpLYTMlB4"
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/x",
    "p256dh": "B" * 87,
    "auth": "A" * 22,
}


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    use_kinds(monkeypatch)


@pytest.fixture
async def user(tab: Tab, sign_in: SignIn) -> UserRead:
    """The user of a tab on the page of notices."""
    user = await factories.make_user()
    tab.open("/notices", cookie=await sign_in(user))
    return user


@pytest.fixture
def with_push(change_settings: Callable[..., None]) -> None:
    change_settings(vapid_private_key=PRIVATE_KEY)


class TestBell:
    async def test_comes_with_the_load(self, tab: Tab, user: UserRead) -> None:
        await make_notice(user)
        await tab.call(SessionState.load)
        shown = tab.state(SessionState)
        assert (shown.unread, shown.is_suppressed) == (1, False)
        assert shown.unread_at > 0

    async def test_visitor_has_none(self, tab: Tab) -> None:
        tab.open("/notices")
        await tab.call(SessionState.load)
        shown = tab.state(SessionState)
        assert (shown.unread, shown.unread_at) == (0, 0)

    async def test_is_forgotten_with_its_account(
        self, tab: Tab, user: UserRead, sign_in: SignIn
    ) -> None:
        await make_notice(user)
        await tab.call(SessionState.load)
        tab.open("/", cookie=await sign_in(await factories.make_user()))
        await tab.call(SessionState.load)
        assert tab.state(SessionState).unread == 0

    async def test_subscribes_before_it_counts(
        self, tab: Tab, user: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def subscribe(_: object, user_id: object) -> None:
            assert user_id == user.id
            await make_notice(user)

        monkeypatch.setattr(channels, "subscribe_notices", subscribe)
        await tab.call(SessionState.load)
        assert tab.state(SessionState).unread == 1

    async def test_leaves_the_channel_with_the_session(
        self, tab: Tab, user: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subscribed: list[object] = []

        async def subscribe(_: object, user_id: object) -> None:
            subscribed.append(user_id)

        monkeypatch.setattr(channels, "subscribe_notices", subscribe)
        await tab.call(SessionState.load)
        tab.open("/notices")
        await tab.call(SessionState.load)
        assert subscribed == [user.id, None]

    async def test_warns_about_a_suppressed_address(self, tab: Tab, user: UserRead) -> None:
        async with db.transaction() as session:
            await repository.suppress(session, address=user.email, reason="bounce", detail="")
        await tab.call(SessionState.load)
        assert tab.state(SessionState).is_suppressed


class TestNoticeList:
    async def test_lists_own_notices_newest_first(self, tab: Tab, user: UserRead) -> None:
        first, second = await make_notice(user), await make_notice(user)
        await make_notice(await factories.make_user())
        await tab.call(NoticeListState.load)
        shown = tab.state(NoticeListState)
        assert [row.id for row in shown.rows] == [str(second), str(first)]
        assert {(row.at, row.is_read) for row in shown.rows} == {("Just now", False)}
        assert (shown.is_loaded, shown.has_more) == (True, False)

    @pytest.mark.parametrize(
        ("zone", "said"),
        [
            ("; timezone=America%2FDenver", "Dec 2, 2026, 1:00\u202fPM MST"),
            ("", "Dec 2, 2026, 8:00\u202fPM UTC"),
        ],
    )
    async def test_says_deadlines_in_the_readers_time_zone(
        self, tab: Tab, sign_in: SignIn, zone: str, said: str
    ) -> None:
        user = await factories.make_user()
        tab.open("/notices", cookie=await sign_in(user) + zone)
        await make_notice(user, "send_tickets", due_at="2026-12-02T20:00:00Z")
        await tab.call(NoticeListState.load)
        [row] = tab.state(NoticeListState).rows
        assert row.text == f"To send by {said}: 1 ticket for The Paper Lanterns."

    async def test_loads_more(
        self, tab: Tab, user: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            await make_notice(user)
        monkeypatch.setattr("ticketing_app.ui.notices.state.DEFAULT_LIMIT", 1)
        monkeypatch.setattr("ticketing_app.ui.notices.state.MAX_ROWS", 2)
        tab.state(NoticeListState)._limit = 1
        await tab.call(NoticeListState.load)
        assert tab.state(NoticeListState).has_more
        await tab.call(NoticeListState.load_more)
        shown = tab.state(NoticeListState)
        assert (len(shown.rows), shown.has_more) == (2, False)
        assert rows.MAX_ROWS > 2

    async def test_opening_marks_read(self, tab: Tab, user: UserRead) -> None:
        notice_id = await make_notice(user)
        await tab.call(NoticeListState.load)
        await tab.call(NoticeListState.open, str(notice_id))
        await tab.call(NoticeListState.refresh)
        (row,) = tab.state(NoticeListState).rows
        assert row.is_read
        assert tab.state(SessionState).unread == 0

    @pytest.mark.parametrize("notice_id", ["", "x", factories.UNKNOWN_ID, None, 1, ["x"]])
    async def test_open_ignores_other_ids(
        self, tab: Tab, user: UserRead, notice_id: object
    ) -> None:
        await make_notice(user)
        await tab.call(NoticeListState.open, notice_id)
        await tab.call(NoticeListState.refresh)
        assert tab.state(SessionState).unread == 1

    async def test_marks_all_shown_and_older_ones(self, tab: Tab, user: UserRead) -> None:
        for _ in range(2):
            await make_notice(user)
        await tab.call(NoticeListState.load)
        await make_notice(user)
        await tab.call(NoticeListState.mark_all_read)
        assert [row.is_read for row in tab.state(NoticeListState).rows] == [False, True, True]
        assert tab.state(SessionState).unread == 1

    async def test_marks_nothing_without_notices(self, tab: Tab, user: UserRead) -> None:
        assert user
        await tab.call(NoticeListState.mark_all_read)
        assert tab.state(NoticeListState).error_message == ""

    async def test_requires_sign_in(self, tab: Tab) -> None:
        tab.open("/notices")
        handlers = (
            (NoticeListState.load, ()),
            (NoticeListState.open, ("x",)),
            (NoticeListState.mark_all_read, ()),
            (NoticeChoiceState.load, ()),
            (PushState.subscribe, (SUBSCRIPTION,)),
            (PushState.unsubscribe, ()),
        )
        for handler, arguments in handlers:
            assert "/auth/signin?next=%2Fnotices" in await tab.call(handler, *arguments)


class TestNoticeChoices:
    async def test_shows_each_kind_of_the_bell(self, tab: Tab, user: UserRead) -> None:
        assert user
        await tab.call(NoticeChoiceState.load)
        shown = {row.kind: row for row in tab.state(NoticeChoiceState).rows}
        sold, started = shown["sold"], shown["order_started"]
        assert (sold.mail.is_on, sold.mail.is_switchable) == (True, False)
        assert started.mail.is_switchable
        assert started.push.name == "push.order_started"
        assert "welcome" not in shown
        assert tab.state(NoticeChoiceState).note == ""

    async def test_confirms_the_form(self, tab: Tab, user: UserRead, sign_in: SignIn) -> None:
        tab.open("/account/notices?changed=notices", cookie=await sign_in(user))
        await tab.call(NoticeChoiceState.load)
        assert tab.state(NoticeChoiceState).note == "Your choice is saved."

    async def test_offers_no_push_without_keys(self, tab: Tab, user: UserRead) -> None:
        assert user
        await tab.call(NoticeChoiceState.load)
        assert tab.state(PushState).public_key == ""


@pytest.mark.usefixtures("with_push")
class TestPush:
    async def test_turns_on_and_off(self, tab: Tab, user: UserRead) -> None:
        assert user
        await tab.call(PushState.subscribe, SUBSCRIPTION)
        await tab.call(NoticeChoiceState.load)
        shown = tab.state(PushState)
        assert (shown.is_on, len(shown.public_key), shown.error_message) == (True, 87, "")
        await tab.call(PushState.unsubscribe)
        await tab.call(NoticeChoiceState.load)
        assert not tab.state(PushState).is_on

    @pytest.mark.parametrize(
        "given",
        [
            SUBSCRIPTION | {"endpoint": "https://127.0.0.1/x"},
            SUBSCRIPTION | {"endpoint": None},
            SUBSCRIPTION | {"p256dh": "short"},
            SUBSCRIPTION | {"auth": {}},
            {},
            None,
            "x",
        ],
    )
    async def test_refuses_other_subscriptions(
        self, tab: Tab, user: UserRead, given: object
    ) -> None:
        assert user
        await tab.call(PushState.subscribe, given)
        shown = tab.state(PushState)
        assert not shown.is_on
        assert shown.error_message or shown.errors
