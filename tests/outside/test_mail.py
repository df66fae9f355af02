"""Mails of real processes: of a sale, amid crashes, and with a mail server that hangs."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests import mailbox
from tests.integration.notices import sends
from tests.outside.payer import EXPIRED, PAID
from tests.outside.payment_market import PaymentMarket
from tests.waiting import eventually
from ticketing_app.accounts.models import User
from ticketing_app.core import db
from ticketing_app.devstack.stack import ROOT, Stack
from ticketing_app.notices.service import telling
from ticketing_app.work import nudge

SIGTERMS = 45
KILLS = 15
MAILS = 300
ARRIVAL_SECONDS = 30
# Of the kind, in one process.
AT_ONCE = 4


@pytest.mark.races
async def test_buyer_and_seller_get_mails_of_a_sale(market: PaymentMarket) -> None:
    payer = await market.payer()
    await payer.press_pay()
    await payer.enter_card()
    await payer.settle()
    await payer.comes_to(PAID)
    env = market.site.stack.env
    addresses = {
        role: await email_of(market, client.id)
        for role, client in (("buyer", payer.client), ("seller", market.seller))
    }
    for role, subject in (("buyer", "receipt"), ("seller", "Sold")):
        mail = await mailbox.wait_for_mail(env, to=addresses[role], subject=subject)
        assert payer.order_id in mail["text"] or payer.ticket_id in mail["text"]


async def email_of(market: PaymentMarket, user_id: str) -> str:
    return (await market.probe.rows("SELECT email FROM users WHERE id = $1", user_id))[0]["email"]


@pytest.mark.slow
async def test_hanging_mail_server_moves_neither_expiry_nor_payments(market: PaymentMarket) -> None:
    # As many as the worker sends at once; each hangs until the end of its timeout.
    slow = [f"slow+60@{uuid4().hex}.test" for _ in range(2 * AT_ONCE)]
    other, payer = await market.payer(), await market.payer()
    for address in slow:
        answer = await (await market.stranger()).post(
            "/api/users/signup", json={"email": address, "password": "correct horse"}
        )
        answer.raise_for_status()
    hanging = "SELECT 1 FROM work WHERE kind = 'notices.mail' AND taken_until > now()"
    await eventually(lambda: has_rows(market, hanging, AT_ONCE))
    await market.probe.let_lapse(other.order_id)
    await payer.press_pay()
    await payer.enter_card()
    await payer.settle()
    await payer.comes_to(PAID)
    await other.comes_to(EXPIRED)
    assert await has_rows(market, hanging, AT_ONCE)
    await market.probe.rows(
        "UPDATE users SET email = id || '@gittix.test' WHERE email LIKE 'slow%'"
    )


async def has_rows(market: PaymentMarket, query: str, count: int) -> bool:
    return len(await market.probe.rows(query)) >= count


class Sender:
    """A process of role `outside` on the stack; `restart` ends it by a signal."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self._stack.data_dir / "sender.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "worker.py", "outside"],
                cwd=ROOT,
                env={**os.environ, **self._stack.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, signum: signal.Signals) -> None:
        self._process.send_signal(signum)
        self._process.wait()

    def restart(self, signum: signal.Signals) -> None:
        self.stop(signum)
        self._process = self._start()


async def make_mails() -> None:
    for _ in range(MAILS):
        async with db.transaction() as session:
            user = User(email=f"{uuid4().hex}@gittix.test", password_hash="no password")
            session.add(user)
            await session.flush()
            await telling.tell(
                session, user_id=user.id, kind="welcome", key=f"welcome:{user.id}", facts={}
            )


async def send_amid(stack: Stack, signum: signal.Signals, *, stops: int) -> Counter[str]:
    """Send all mails while the process is ended so often; return how often each arrived."""
    first = newest = max([0, *(mail["id"] for mail in await list_mails(stack))])
    await make_mails()
    sender = Sender(stack)
    try:
        for _ in range(stops):
            await nudge.nudge("notices.mail")
            arrived = await list_mails(stack, after=newest, wait=ARRIVAL_SECONDS)
            assert arrived or await no_work_is_left()
            newest = max([newest, *(mail["id"] for mail in arrived)])
            await asyncio.to_thread(sender.restart, signum)
        await end_leases()
        await nudge.nudge("notices.mail")
        await eventually(no_work_is_left, seconds=120)
    finally:
        await asyncio.to_thread(sender.stop, signal.SIGTERM)
    return Counter(mail["messageId"] for mail in await list_mails(stack, after=first))


async def list_mails(stack: Stack, **wanted: int) -> list[mailbox.Mail]:
    return await asyncio.to_thread(mailbox.list_mails, stack.env, **wanted)


async def no_work_is_left() -> bool:
    return await sends.column("SELECT key FROM work WHERE kind = 'notices.mail'") == []


async def end_leases() -> None:
    """Make the mails due that a killed process had taken."""
    async with db.transaction() as session:
        statement = text("UPDATE work SET due_at = now(), taken_until = NULL")
        await (await session.connection()).execute(statement)


@pytest.mark.slow
@pytest.mark.usefixtures("database")
class TestCrashes:
    @pytest.fixture(autouse=True)
    def _slowly(self, change_settings: Callable[..., None]) -> None:
        """Send few mails a second, so that each process ends amid the sending."""
        change_settings(mail_per_second=5)

    async def test_sigterm_doubles_and_loses_none(self, stack: Stack) -> None:
        arrived = await send_amid(stack, signal.SIGTERM, stops=SIGTERMS)
        print(f"{len(arrived)} of {MAILS}, {arrived.total() - len(arrived)} doubles")
        assert len(arrived) == MAILS
        assert arrived.total() == MAILS

    async def test_kill_loses_none(self, stack: Stack) -> None:
        arrived = await send_amid(stack, signal.SIGKILL, stops=KILLS)
        print(f"{len(arrived)} of {MAILS}, {arrived.total() - len(arrived)} doubles")
        assert len(arrived) == MAILS
        assert arrived.total() - MAILS <= KILLS * AT_ONCE
