"""Mails that protect an account: about its passkeys, and about devices that it did not use before."""

from collections.abc import Callable

import pytest
from httpx import AsyncClient

from tests.integration.accounts import links
from tests.integration.accounts.authenticator import Authenticator
from tests.integration.accounts.browsers import ANA
from tests.integration.events.delivery import deliver
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer

URL = "/api/users/passkeys"
EVENTS = ("UserCreated", "UserSignedIn", "PasskeyAdded", "PasskeyRemoved")
WORDS = "Ana-s-phone"


@pytest.fixture
async def ana(
    api: AsyncClient, mails: MailServer, change_settings: Callable[..., None]
) -> AsyncClient:
    """A browser of an account that has received its first mail."""
    change_settings(public_url="http://localhost:3000")
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    await send(mails)
    return api


async def send(mails: MailServer) -> list[tuple[str, str, str]]:
    """Deliver events and send mails; return recipient, subject and text of the new ones."""
    before = len(mails.mails)
    await deliver(*EVENTS)
    await sends.send_all()
    found = []
    for mail in mails.mails[before:]:
        body = mail.get_body(("plain",))
        assert body
        found.append((mail["To"], mail["Subject"], body.get_content()))
    return found


async def add_passkey(ana: AsyncClient) -> str:
    passkey = Authenticator()
    options = (await ana.post(f"{URL}/options")).json()
    body = {"name": WORDS, "credential": passkey.create(options)}
    return (await ana.post(URL, json=body)).json()["id"]


async def test_owner_hears_of_passkeys(ana: AsyncClient, mails: MailServer) -> None:
    await links.confirm(ana, ANA["email"])
    passkey_id = await add_passkey(ana)
    [(to, subject, text)] = await send(mails)
    assert (to, subject) == (ANA["email"], "A passkey was added to your account")
    assert WORDS in text
    assert (await ana.delete(f"{URL}/{passkey_id}")).status_code == 204
    [(to, subject, text)] = await send(mails)
    assert (to, subject) == (ANA["email"], "A passkey was removed from your account")
    assert WORDS in text


async def test_unconfirmed_address_gets_no_words_of_a_user(
    ana: AsyncClient, mails: MailServer
) -> None:
    await add_passkey(ana)
    [(_, _, text)] = await send(mails)
    assert WORDS not in text


async def test_owner_hears_of_new_devices(ana: AsyncClient, mails: MailServer) -> None:
    known = await ana.post("/api/users/signin", json=ANA)
    assert (known.status_code, await send(mails)) == (200, [])
    ana.cookies.clear()
    phone = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/604.1"}
    assert (await ana.post("/api/users/signin", json=ANA, headers=phone)).status_code == 200
    [(to, subject, text)] = await send(mails)
    assert (to, subject) == (ANA["email"], "New sign-in: Safari on iPhone")
    assert "127.0.0.1" in text
