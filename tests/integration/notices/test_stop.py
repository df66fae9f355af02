from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient

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


async def make_path() -> str:
    user = await factories.make_user()
    return urlsplit(stopping.make_url(user.id, "welcome")).path


class TestStop:
    async def test_mail_program_stops_with_one_post(self, api: AsyncClient) -> None:
        path = await make_path()
        for _ in range(2):
            response = await api.post(path, content=b"List-Unsubscribe=One-Click")
            assert response.status_code == 200
        assert await sends.column(CHOICES) == ["welcome mail false"]

    async def test_reading_the_page_changes_nothing(self, api: AsyncClient) -> None:
        response = await api.get(await make_path())
        assert response.status_code == 200
        assert '<form method="post">' in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["referrer-policy"] == "no-referrer"
        assert await sends.column(CHOICES) == []

    async def test_button_of_the_page_stops(self, api: AsyncClient) -> None:
        path = await make_path()
        response = await api.post(path, headers={"origin": "http://testserver"})
        assert "You get no more mails about: Welcome." in response.text
        assert await sends.column(CHOICES) == ["welcome mail false"]

    async def test_refuses_a_link_for_another_account(self, api: AsyncClient) -> None:
        mine = await make_path()
        theirs = await make_path()
        # The id is in the first 21 characters of the token.
        forged = theirs.replace(theirs.rpartition("/")[2][:21], mine.rpartition("/")[2][:21])
        assert (await api.post(forged)).status_code == 404
        assert await sends.column(CHOICES) == []

    @pytest.mark.parametrize("change", ["A", "", "é"])
    async def test_refuses_a_changed_link(self, api: AsyncClient, change: str) -> None:
        path = f"{(await make_path())[:-6]}{change}"
        for response in (await api.get(path), await api.post(path)):
            assert response.status_code == 404
            assert "This link does not work" in response.text
        assert await sends.column(CHOICES) == []

    async def test_link_of_the_key_before_works(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(jwt_key="a" * 32)
        path = await make_path()
        change_settings(jwt_key="b" * 32, jwt_key_previous="a" * 32)
        assert (await api.post(path)).status_code == 200
        change_settings(jwt_key="c" * 32, jwt_key_previous="b" * 32)
        assert (await api.post(path)).status_code == 404

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
