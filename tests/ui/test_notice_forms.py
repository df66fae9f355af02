"""The choices as a plain form, and the page of the link that stops mails."""

from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.notices.bell import use_kinds
from ticketing_app import routes
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.notices import rules
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.service import choices, stopping

SignIn = Callable[[UserRead], Awaitable[str]]
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    use_kinds(monkeypatch)


@pytest.fixture
async def user(database: None) -> UserRead:  # noqa: ARG001  # order only.
    return await factories.make_user()


async def wanted_by(user: UserRead) -> set[str]:
    async with db.transaction() as session:
        found = await choices.list_choices(session, user_id=user.id)
    return {f"{channel}.{each.kind}" for each in found for channel in each.wanted}


async def path_of(user: UserRead, kind: str = "order_cancelled") -> str:
    url = stopping.make_url(user.id, kind)
    return url[url.index("/notices/stop/") :]


class TestChoices:
    async def test_saves_what_is_checked(
        self, site: AsyncClient, user: UserRead, sign_in: SignIn
    ) -> None:
        before = await wanted_by(user)
        assert {"mail.order_cancelled", "mail.sold"} <= before
        assert "mail.order_started" not in before
        headers = {"cookie": await sign_in(user)}
        answer = await site.post(
            routes.ACCOUNT_NOTICES,
            headers=headers,
            data={"mail.order_started": "on", "mail.unknown": "on", "x": "on"},
        )
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/account/notices?changed=notices",
        )
        after = await wanted_by(user)
        assert "mail.order_started" in after
        assert "mail.order_cancelled" not in after
        # Essential mails cannot be switched off, and the form had no column of devices.
        assert {each for each in before if each.startswith("push.")} <= after
        assert "mail.sold" in after

    async def test_default_is_not_stored(
        self, site: AsyncClient, user: UserRead, sign_in: SignIn
    ) -> None:
        defaults = dict.fromkeys(await wanted_by(user), "on")
        headers = {"cookie": await sign_in(user)}
        await site.post(routes.ACCOUNT_NOTICES, headers=headers)
        await site.post(routes.ACCOUNT_NOTICES, headers=headers, data=defaults)
        async with db.transaction() as session:
            rows = await (await session.connection()).exec_driver_sql(
                "SELECT kind FROM notice_choices"
            )
            assert rows.all() == []

    async def test_form_fits_the_largest_table(
        self, site: AsyncClient, user: UserRead, sign_in: SignIn
    ) -> None:
        data = {f"{channel}.{kind}": "on" for channel in Channel for kind in rules.KINDS}
        headers = {"cookie": await sign_in(user)}
        answer = await site.post(routes.ACCOUNT_NOTICES, headers=headers, data=data)
        assert answer.status_code == 303

    @pytest.mark.usefixtures("database")
    async def test_requires_sign_in(self, site: AsyncClient) -> None:
        answer = await site.post(routes.ACCOUNT_NOTICES)
        assert answer.headers["location"] == "/auth/signin?next=%2Faccount%2Fnotices"


class TestStop:
    async def test_opening_changes_nothing(self, site: AsyncClient, user: UserRead) -> None:
        answer = await site.get(await path_of(user))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "Stop these mails</button>" in answer.text
        assert '<form method="post"' in answer.text
        assert "mail.order_cancelled" in await wanted_by(user)

    @pytest.mark.parametrize("body", ["", "List-Unsubscribe=One-Click"])
    async def test_stops_without_signing_in(
        self, site: AsyncClient, user: UserRead, body: str
    ) -> None:
        for _ in range(2):
            answer = await site.post(await path_of(user), content=body, headers=FORM)
            assert answer.status_code == 200
            assert "These mails are stopped" in answer.text
        wanted = await wanted_by(user)
        assert "mail.order_cancelled" not in wanted
        assert "bell.order_cancelled" in wanted

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.usefixtures("database")
    async def test_refuses_a_wrong_token(self, site: AsyncClient, method: str) -> None:
        answer = await site.request(method, routes.notice_stop("AAAA"))
        assert answer.status_code == 404
        assert "This link is not complete" in answer.text

    async def test_refuses_other_sites(self, site: AsyncClient, user: UserRead) -> None:
        headers = FORM | {"origin": "https://evil.example"}
        answer = await site.post(await path_of(user), headers=headers)
        assert answer.status_code == 403
