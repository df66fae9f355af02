from collections.abc import Callable

import pytest

from tests import factories
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from ticketing_app.core import db
from ticketing_app.notices import rules
from ticketing_app.notices.rules import Channel, NoticeKind
from ticketing_app.notices.service import stopping

CHOICES = "SELECT kind || ' ' || channel || ' ' || is_wanted FROM notice_choices"


@pytest.fixture(autouse=True)
def _switchable_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the kind that needs no order one that can be switched off."""
    kinds = {"welcome": NoticeKind(frozenset({Channel.MAIL}))}
    monkeypatch.setattr(rules, "KINDS", {**rules.KINDS, **kinds})


async def make_token() -> str:
    user = await factories.make_user()
    return stopping.make_url(user.id, "welcome").rpartition("/")[2]


async def stop(token: str) -> None:
    async with db.transaction() as session:
        await stopping.stop_mails(session, token=token)


@pytest.mark.usefixtures("database")
class TestStopMails:
    async def test_repeating_is_harmless(self) -> None:
        token = await make_token()
        for _ in range(2):
            await stop(token)
        assert await sends.column(CHOICES) == ["welcome mail false"]

    async def test_refuses_a_link_for_another_account(self) -> None:
        mine = await make_token()
        theirs = await make_token()
        # The id is in the first 21 characters.
        with pytest.raises(stopping.StopLinkInvalidError):
            await stop(theirs.replace(theirs[:21], mine[:21]))
        assert await sends.column(CHOICES) == []

    @pytest.mark.parametrize("change", ["A", "", "é"])
    async def test_refuses_a_changed_link(self, change: str) -> None:
        token = f"{(await make_token())[:-6]}{change}"
        with pytest.raises(stopping.StopLinkInvalidError):
            await stop(token)

    async def test_link_of_the_key_before_works(self, change_settings: Callable[..., None]) -> None:
        change_settings(jwt_key="a" * 32)
        token = await make_token()
        change_settings(jwt_key="b" * 32, jwt_key_previous="a" * 32)
        await stop(token)
        change_settings(jwt_key="c" * 32, jwt_key_previous="b" * 32)
        with pytest.raises(stopping.StopLinkInvalidError):
            await stop(token)

    async def test_stopped_kind_is_not_mailed(self, mails: MailServer) -> None:
        user = await sends.welcome("ana@gittix.test")
        await sends.send_all()
        [mail] = mails.mails
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        url = str(mail["List-Unsubscribe"]).strip("<>")
        assert url in mails.sources[0]
        async with db.transaction() as session:
            await stopping.stop_mails(session, token=url.rpartition("/")[2])
        await sends.tell(user, "welcome", "again")
        assert await sends.statuses() == ["sent"]


class TestMakeUrl:
    async def test_essential_kind_has_no_link(self, monkeypatch: pytest.MonkeyPatch) -> None:
        essential = NoticeKind(frozenset({Channel.MAIL}), is_essential=True)
        monkeypatch.setattr(rules, "KINDS", {"welcome": essential})
        user = await factories.make_user()
        assert not stopping.make_url(user.id, "welcome")
