"""Deletion of an account: reasons against it, 14 days to come back, and the erasure."""

from datetime import timedelta

import pytest
from httpx import AsyncClient

from tests import factories
from tests.integration.accounts.browsers import age_proofs
from tests.integration.payments import sales
from tests.integration.privacy.people import (
    ANA,
    WORDS,
    books,
    column,
    live_a_life,
    pass_days,
    sign_up,
    signed_in,
    tables_with,
)
from tests.integration.vault.tickets import ticket, upload
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.privacy import rules, subscribers
from ticketing_app.privacy.service import erasure
from ticketing_app.tickets.rules import Availability

pytestmark = pytest.mark.usefixtures("stripe_books")

URL = "/api/users/currentuser"
LEAVES = "SELECT user_id FROM deletions"
ERASED = "SELECT erased_at IS NOT NULL FROM users WHERE id = :id"
KINDS = "SELECT kind FROM notices WHERE user_id = :id"


@pytest.fixture
async def ana(api: AsyncClient) -> UserRead:
    return await sign_up(api)


class TestRequestDeletion:
    async def test_signs_out_everywhere_and_withdraws_listings(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        ticket = await factories.make_ticket(ana)
        answer = await api.delete(URL)
        assert answer.status_code == 202
        assert "dueAt" in answer.json()
        assert (await api.get(URL)).json() == {"currentUser": None}
        assert await column("SELECT revoked_at FROM sessions WHERE revoked_at IS NULL") == []
        assert (await factories.read_ticket(ticket.id)).status is Availability.WITHDRAWN
        assert await column("SELECT key FROM work WHERE kind = 'privacy.erase'") == [str(ana.id)]
        assert "account_leaving" in await column(KINDS, id=ana.id)

    async def test_erases_files_that_were_not_sold(
        self, api: AsyncClient, ana: UserRead, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await upload(monkeypatch, ana, ticket(b"a-long-payload-1"))
        assert (await api.delete(URL)).status_code == 202
        assert await column("SELECT wrapped_key FROM vault_files") == [None]

    async def test_requires_a_proof(self, api: AsyncClient, ana: UserRead) -> None:
        await age_proofs()
        assert (await api.delete(URL)).status_code == 403
        assert await column(LEAVES) == []
        assert await column(ERASED, id=ana.id) == [False]

    async def test_is_refused_while_the_person_holds_tickets(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        order = await factories.hold(await factories.make_ticket(), ana)
        await is_refused(api, "You hold tickets")
        await factories.let_hold_lapse(order.id)
        await leave(api)

    async def test_is_refused_while_somebody_buys_from_them(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        ticket = await factories.make_ticket(ana)
        await factories.hold(ticket)
        await is_refused(api, "Somebody is buying a ticket of yours")
        assert (await factories.read_ticket(ticket.id)).status is Availability.LOCKED

    @pytest.mark.parametrize("is_dated", [True, False])
    async def test_is_refused_until_the_event_of_a_sold_ticket(
        self, api: AsyncClient, ana: UserRead, *, is_dated: bool
    ) -> None:
        when = {"startsAt": utc_now() + timedelta(days=40), "timezone": "UTC"} if is_dated else {}
        ticket = await factories.make_ticket(ana, **when)
        await sales.sell(ticket)
        await is_refused(api, "You sold tickets for events to come")
        if is_dated:
            await factories.let_event_begin(ticket.id)
        else:
            await column("UPDATE tickets SET sold_at = sold_at - interval '31 days'")
        await leave(api)

    @pytest.mark.parametrize("role", ["buyer", "seller"])
    async def test_is_refused_while_money_is_on_its_way(
        self, api: AsyncClient, ana: UserRead, role: str
    ) -> None:
        ticket = await factories.make_ticket(ana if role == "seller" else None)
        sale = await sales.sell(ticket, None if role == "seller" else ana)
        await sales.request_refund(sale)
        await column("UPDATE tickets SET sold_at = sold_at - interval '31 days'")
        await is_refused(api, "Money of one of your orders")
        await sales.sweep()
        await leave(api)


class TestReturn:
    async def test_keeps_the_account(self, api: AsyncClient, ana: UserRead) -> None:
        await leave(api)
        await pass_days(13)
        (await api.post("/api/users/signin", json=ANA)).raise_for_status()
        event = await signed_in(ana)
        async with db.transaction() as session:
            await subscribers.on_user_signed_in(session, event)
        assert await column(LEAVES) == []
        await pass_days(2)
        assert await erase(ana) is None
        assert await column(ERASED, id=ana.id) == [False]
        assert "account_kept" in await column(KINDS, id=ana.id)

    async def test_that_no_subscriber_saw_yet_keeps_the_account(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        await leave(api)
        (await api.post("/api/users/signin", json=ANA)).raise_for_status()
        await pass_days(15)
        assert await erase(ana) is None
        assert (await column(ERASED, id=ana.id), await column(LEAVES)) == ([False], [])


class TestEraseAccount:
    async def test_is_early_by_a_day_and_does_nothing(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        await leave(api)
        await pass_days(13)
        assert await erase(ana) is None
        assert await column(ERASED, id=ana.id) == [False]

    async def test_leaves_no_address_and_no_words_in_any_table(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        await live_a_life(ana)
        name = ana.email.partition("@")[0]
        assert await tables_with(name)
        assert await tables_with(WORDS)
        await leave(api)
        await pass_days(15)
        assert await erase(ana) is None
        assert await tables_with(name) == []
        assert await tables_with(WORDS) == []

    async def test_leaves_the_books_as_they_were(self, api: AsyncClient, ana: UserRead) -> None:
        await live_a_life(ana)
        before = await books()
        await leave(api)
        await pass_days(15)
        await erase(ana)
        assert await books() == before

    async def test_ends_the_sign_in_for_good(self, api: AsyncClient, ana: UserRead) -> None:
        await leave(api)
        await pass_days(15)
        await erase(ana)
        assert (await api.post("/api/users/signin", json=ANA)).status_code == 400
        placeholder = {**ANA, "email": f"erased-{ana.id}@invalid"}
        assert (await api.post("/api/users/signin", json=placeholder)).status_code == 400
        # The address is free again.
        (await api.post("/api/users/signup", json=ANA)).raise_for_status()

    async def test_waits_for_money_that_began_to_move(
        self, api: AsyncClient, ana: UserRead
    ) -> None:
        sale = await sales.sell(buyer=ana)
        await leave(api)
        await sales.request_refund(sale)
        await pass_days(15)
        assert await erase(ana) == rules.RETRY
        assert await column(ERASED, id=ana.id) == [False]
        await sales.sweep()
        assert await erase(ana) is None
        assert await column(ERASED, id=ana.id) == [True]

    async def test_twice_changes_nothing(self, api: AsyncClient, ana: UserRead) -> None:
        await leave(api)
        await pass_days(15)
        await erase(ana)
        await erase(ana)
        events = await factories.recorded_events("UserErased")
        assert [event["email"] for event in events] == [f"erased-{ana.id}@invalid"]


async def leave(api: AsyncClient) -> None:
    (await api.delete(URL)).raise_for_status()


async def erase(user: UserRead) -> timedelta | None:
    return await erasure.erase_account(db.transaction, str(user.id))


async def is_refused(api: AsyncClient, sentence: str) -> None:
    answer = await api.delete(URL)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["message"].startswith(sentence)
    assert await column(LEAVES) == []
    assert (await api.get(URL)).json()["currentUser"]
