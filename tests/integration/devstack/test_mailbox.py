"""The mailbox of development: SMTP in, JSON and pages out."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import uuid4

import aiosmtplib
import httpx
import pytest

from tests.mailbox import PLAIN, read_mail, wait_for_mail
from ticketing_app.devstack.mailbox.server import SANDBOX
from ticketing_app.devstack.stack import ROOT, Stack

LINK = "https://ticketing.dev/orders/1#token=a_b-c"


@pytest.fixture
async def smtp(stack: Stack) -> AsyncGenerator[aiosmtplib.SMTP]:
    port = urlsplit(stack.env["MAIL_URL"]).port
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
        yield client


@pytest.fixture
async def web(stack: Stack) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.env["MAILBOX_URL"], **PLAIN) as client:
        yield client


def letter(to: str, subject: str = "Sold") -> bytes:
    mail = EmailMessage()
    mail["From"] = "GitTix <tickets@gittix.test>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = "<1@gittix.test>"
    mail.set_content(f"See the sale:\n{LINK}\n")
    mail.add_alternative(f'<a href="{LINK}">See <script>alert(1)</script></a>', subtype="html")
    return bytes(mail)


def new_address(kind: str = "ana") -> str:
    return f"{kind}@{uuid4().hex}.test"


async def send(smtp: aiosmtplib.SMTP, to: str, subject: str = "Sold") -> None:
    await smtp.sendmail("bounces+1@gittix.test", [to], letter(to, subject))


class TestMails:
    async def test_returns_what_was_sent(self, smtp: aiosmtplib.SMTP, stack: Stack) -> None:
        to = new_address()
        await send(smtp, to)
        mail = await wait_for_mail(stack.env, to=to, subject="Sold")
        assert mail["messageId"] == "1@gittix.test"
        assert mail["returnPath"] == "bounces+1@gittix.test"
        assert mail["links"] == [LINK]
        assert "See" in mail["html"]

    async def test_waits_for_the_mail(self, smtp: aiosmtplib.SMTP, stack: Stack) -> None:
        to = new_address()
        waiting = asyncio.create_task(wait_for_mail(stack.env, to=to, subject="second"))
        await send(smtp, to, "The first")
        await send(smtp, to, "The second")
        assert (await waiting)["subject"] == "The second"

    async def test_finds_only_later_ones(
        self, smtp: aiosmtplib.SMTP, web: httpx.AsyncClient
    ) -> None:
        to = new_address()
        for _ in range(2):
            await send(smtp, to)
        newest, oldest = (await web.get("/mails", params={"to": to})).json()
        later = (await web.get("/mails", params={"to": to, "after": oldest["id"]})).json()
        assert later == [newest]

    async def test_forgets_all(self, smtp: aiosmtplib.SMTP, web: httpx.AsyncClient) -> None:
        await send(smtp, new_address())
        assert (await web.delete("/mails")).status_code == 204
        assert (await web.get("/mails")).json() == []

    def test_names_the_mails_that_are_there_instead(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.mailbox.PATIENCE_SECONDS", 0)
        with pytest.raises(AssertionError, match=r"no mail to nobody@example.test"):
            read_mail(stack.env, to="nobody@example.test")


class TestPages:
    async def test_list_the_mails(self, smtp: aiosmtplib.SMTP, web: httpx.AsyncClient) -> None:
        await send(smtp, new_address(), "Sold <b>twice</b>")
        assert "Sold &lt;b&gt;twice&lt;/b&gt;" in (await web.get("/")).text

    async def test_show_a_mail_that_can_do_nothing(
        self, smtp: aiosmtplib.SMTP, web: httpx.AsyncClient
    ) -> None:
        to = new_address()
        await send(smtp, to)
        [mail] = (await web.get("/mails", params={"to": to})).json()
        for form, part in (("html", "<script>"), ("text", LINK), ("source", "Message-ID")):
            page = await web.get(f"/mails/{mail['id']}/{form}")
            assert part in page.text
            assert page.headers["content-security-policy"] == SANDBOX

    @pytest.mark.parametrize("path", ["/mails/999999/html", "/mails/1/to"])
    async def test_show_nothing_else(self, web: httpx.AsyncClient, path: str) -> None:
        assert (await web.get(path)).status_code == 404


class TestReplies:
    @pytest.mark.parametrize(
        ("kind", "code"), [("bounce", 550), ("busy", 451), ("throttle", 421), ("bounce+1", 550)]
    )
    async def test_refuses_recipients(self, smtp: aiosmtplib.SMTP, kind: str, code: int) -> None:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(smtp, new_address(kind))
        assert [each.code for each in refused.value.recipients] == [code]

    async def test_refuses_content(self, smtp: aiosmtplib.SMTP) -> None:
        with pytest.raises(aiosmtplib.SMTPDataError, match="Content refused"):
            await send(smtp, new_address("refused"))

    async def test_cuts_the_connection_after_the_mail(
        self, smtp: aiosmtplib.SMTP, stack: Stack
    ) -> None:
        to = new_address("cut")
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await send(smtp, to)
        assert await wait_for_mail(stack.env, to=to)

    async def test_replies_late(self, smtp: aiosmtplib.SMTP) -> None:
        await smtp.ehlo()
        await smtp.mail("bounces@gittix.test")
        with pytest.raises(aiosmtplib.SMTPReadTimeoutError):
            await smtp.rcpt(new_address("slow"), timeout=0.2)
        smtp.close()

    def test_refuses_production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TICKETING_ENV", "production")
        command = [sys.executable, "-m", "ticketing_app.devstack.mailbox", "1", "2"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "refuses to run with TICKETING_ENV=production" in done.stderr
