"""Passkeys over REST: added, used to sign in and as a proof, and removed."""

import asyncio
from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.factories import recorded_events
from tests.integration.accounts import links
from tests.integration.accounts.authenticator import Authenticator
from tests.integration.accounts.browsers import ANA, age_proofs, use
from ticketing_app.accounts import auth
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.core import db
from ticketing_app.privacy.jobs import delete_old_rows

URL = "/api/users/passkeys"
SIGN_IN_URL = "/api/users/signin/passkey"
PROOF_URL = "/api/users/proof"


@pytest.fixture(autouse=True)
def public_url(change_settings: Callable[..., None]) -> None:
    change_settings(public_url="http://localhost:3000")


@pytest.fixture
async def ana(api: AsyncClient) -> AsyncClient:
    assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
    return api


@pytest.fixture
async def passkey(ana: AsyncClient) -> Authenticator:
    """The passkey of the signed-in account."""
    passkey = Authenticator()
    assert (await add(ana, passkey)).status_code == 201
    return passkey


async def add(api: AsyncClient, passkey: Authenticator, name: str = "Phone") -> Response:
    options = (await api.post(f"{URL}/options")).json()
    return await api.post(URL, json={"name": name, "credential": passkey.create(options)})


async def sign_in(api: AsyncClient, passkey: Authenticator) -> Response:
    options = (await api.post(f"{SIGN_IN_URL}/options")).json()
    return await api.post(SIGN_IN_URL, json={"credential": passkey.get(options)})


async def prove(api: AsyncClient, passkey: Authenticator) -> Response:
    options = (await api.post(f"{PROOF_URL}/options")).json()
    return await api.post(PROOF_URL, json={"credential": passkey.get(options)})


async def execute(statement: str) -> None:
    async with db.autocommit() as connection:
        await connection.execute(text(statement))


async def column(statement: str) -> list[Any]:
    async with db.autocommit() as connection:
        return list((await connection.execute(text(statement))).scalars())


def message_of(answer: Response) -> str:
    assert answer.status_code == 400
    return answer.json()["errors"][0]["message"]


async def is_signed_in(api: AsyncClient) -> bool:
    return (await api.get("/api/users/currentuser")).json()["currentUser"] is not None


class TestAdd:
    async def test_options_ask_for_a_verified_discoverable_passkey(self, ana: AsyncClient) -> None:
        await add(ana, Authenticator())
        options = (await ana.post(f"{URL}/options")).json()
        assert options["rp"] == {"name": "GitTix", "id": "localhost"}
        assert options["user"]["name"] == ANA["email"]
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["attestation"] == "none"
        (known,) = options["excludeCredentials"]
        assert set(known["transports"]) == {"internal", "hybrid"}

    async def test_lists_it_by_name(self, ana: AsyncClient) -> None:
        answer = await add(ana, Authenticator(), name="  Ana's phone ")
        assert answer.json() == {
            "id": answer.json()["id"],
            "name": "Ana's phone",
            "isBackedUp": True,
            "createdAt": answer.json()["createdAt"],
            "lastUsedAt": None,
        }
        assert (await ana.get(URL)).json() == {"items": [answer.json()]}
        (event,) = await recorded_events("PasskeyAdded")
        assert event["passkey_name"] == "Ana's phone"
        assert await column("SELECT credentials_changed_at IS NOT NULL FROM users") == [True]

    async def test_rejects_a_known_one(self, ana: AsyncClient, passkey: Authenticator) -> None:
        answer = await add(ana, passkey)
        assert (answer.status_code, len((await ana.get(URL)).json()["items"])) == (409, 1)

    async def test_has_a_limit_per_account(
        self, ana: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ticketing_app.accounts.rules.MAX_PASSKEYS", 1)
        both = [(await ana.post(f"{URL}/options")).json() for _ in range(2)]
        bodies = [{"name": "x", "credential": Authenticator().create(each)} for each in both]
        answers = await asyncio.gather(*(ana.post(URL, json=body) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert (await ana.post(f"{URL}/options")).status_code == 409

    async def test_needs_a_session_and_a_proof(self, ana: AsyncClient) -> None:
        options = (await ana.post(f"{URL}/options")).json()
        await age_proofs()
        body = {"name": "x", "credential": Authenticator().create(options)}
        for answer in (await ana.post(f"{URL}/options"), await ana.post(URL, json=body)):
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/proof-needed")
        ana.cookies.clear()
        for url in (f"{URL}/options", URL):
            assert (await ana.post(url, json=body)).status_code == 401

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\u202eb", None, 7])
    async def test_rejects_unprintable_names(self, ana: AsyncClient, name: object) -> None:
        options = (await ana.post(f"{URL}/options")).json()
        body = {"name": name, "credential": Authenticator().create(options)}
        answer = await ana.post(URL, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "name")

    async def test_rejects_the_challenge_of_another_session(self, ana: AsyncClient) -> None:
        options = (await ana.post(f"{URL}/options")).json()
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        body = {"name": "x", "credential": Authenticator().create(options)}
        assert "took too long" in message_of(await ana.post(URL, json=body))
        assert (await ana.get(URL)).json() == {"items": []}

    async def test_rejects_an_unverified_one(self, ana: AsyncClient) -> None:
        assert "could not be checked" in message_of(
            await add(ana, Authenticator(is_verified=False))
        )


class TestSignIn:
    async def test_asks_for_no_address(self, ana: AsyncClient, passkey: Authenticator) -> None:
        ana.cookies.clear()
        options = (await ana.post(f"{SIGN_IN_URL}/options")).json()
        assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
        assert not options["allowCredentials"]
        body = {"credential": passkey.get(options)}
        answer = await ana.post(SIGN_IN_URL, json=body)
        assert (answer.status_code, answer.json()["email"]) == (200, ANA["email"])
        assert await is_signed_in(ana)
        assert await column("SELECT method FROM sessions ORDER BY id") == ["password", "passkey"]
        assert (await ana.get(URL)).json()["items"][0]["lastUsedAt"]

    async def test_rejects_the_same_answer_twice(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        options = (await ana.post(f"{SIGN_IN_URL}/options")).json()
        body = {"credential": passkey.get(options)}
        answers = await asyncio.gather(*(ana.post(SIGN_IN_URL, json=body) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
        assert "answered before" in message_of(await ana.post(SIGN_IN_URL, json=body))

    async def test_rejects_an_expired_challenge(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        options = (await ana.post(f"{SIGN_IN_URL}/options")).json()
        await execute("UPDATE challenges SET expires_at = now() - interval '1 second'")
        answer = await ana.post(SIGN_IN_URL, json={"credential": passkey.get(options)})
        assert "took too long" in message_of(answer)

    async def test_a_wrong_answer_uses_up_its_challenge(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        options = (await ana.post(f"{SIGN_IN_URL}/options")).json()
        wrong = Authenticator(credential_id=passkey.credential_id, user_handle=passkey.user_handle)
        answer = await ana.post(SIGN_IN_URL, json={"credential": wrong.get(options)})
        assert "could not be checked" in message_of(answer)
        right = await ana.post(SIGN_IN_URL, json={"credential": passkey.get(options)})
        assert "answered before" in message_of(right)

    @pytest.mark.parametrize(
        "changed",
        [
            {"origin": "https://evil.example"},
            {"origin": "http://localhost:3001"},
            {"is_verified": False},
            {"user_handle": "AAAAAAAAAAAAAAAAAAAAAA"},
        ],
    )
    async def test_rejects_other_origins_users_and_unverified_ones(
        self, ana: AsyncClient, passkey: Authenticator, changed: dict[str, Any]
    ) -> None:
        for name, value in changed.items():
            setattr(passkey, name, value)
        ana.cookies.clear()
        assert "could not be checked" in message_of(await sign_in(ana, passkey))
        assert not await is_signed_in(ana)

    async def test_rejects_a_challenge_for_another_purpose(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        options = (await ana.post(f"{PROOF_URL}/options")).json()
        answer = await ana.post(SIGN_IN_URL, json={"credential": passkey.get(options)})
        assert "took too long" in message_of(answer)

    async def test_rejects_a_removed_passkey(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        (row,) = (await ana.get(URL)).json()["items"]
        assert (await ana.delete(f"{URL}/{row['id']}")).status_code == 204
        assert "do not know this passkey" in message_of(await sign_in(ana, passkey))

    async def test_a_rising_counter_is_no_alarm(self, ana: AsyncClient) -> None:
        passkey = Authenticator(is_synchronised=False, count=5)
        await add(ana, passkey)
        with capture_logs() as lines:
            assert [(await sign_in(ana, passkey)).status_code for _ in range(2)] == [200, 200]
        assert "account.passkey_counter_fell" not in {line["event"] for line in lines}

    async def test_a_falling_counter_is_reported_but_locks_nobody_out(
        self, ana: AsyncClient
    ) -> None:
        passkey = Authenticator(is_synchronised=False, count=5)
        await add(ana, passkey)
        passkey.count = 2
        with capture_logs() as lines:
            assert (await sign_in(ana, passkey)).status_code == 200
        assert "account.passkey_counter_fell" in {line["event"] for line in lines}
        # A notice goes out although cookie, device and network are known.
        (event,) = await recorded_events("UserSignedIn")
        assert event["is_new_device"]
        assert await column("SELECT sign_count FROM passkeys") == [5]

    @pytest.mark.parametrize(
        "credential",
        [
            {},
            {"response": None},
            {"response": {}},
            {"response": {"clientDataJSON": 7}},
            {"response": {"clientDataJSON": "%%%"}},
            {"response": {"clientDataJSON": "bm8ganNvbg"}},
        ],
    )
    async def test_rejects_malformed_answers(
        self, api: AsyncClient, credential: dict[str, Any]
    ) -> None:
        answer = await api.post(SIGN_IN_URL, json={"credential": credential})
        assert "could not be checked" in message_of(answer)

    async def test_rejects_malformed_parts(self, ana: AsyncClient, passkey: Authenticator) -> None:
        parts = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "rawId", "type")
        for part, value in product(parts, (7, "%%%", [], {"a": 1}, "AAAA")):
            options = (await ana.post(f"{SIGN_IN_URL}/options")).json()
            credential = passkey.get(options)
            place = credential if part in credential else credential["response"]
            place[part] = value
            answer = await ana.post(SIGN_IN_URL, json={"credential": credential})
            assert answer.status_code == 400, (part, value)

    async def test_is_open_when_the_password_is_locked(
        self, ana: AsyncClient, passkey: Authenticator, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_account_per_hour=2)
        ana.cookies.clear()
        wrong = {**ANA, "password": "wrong horse"}
        answers = [await ana.post("/api/users/signin", json=wrong) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [400, 400, 429]
        assert (await sign_in(ana, passkey)).status_code == 200

    async def test_is_limited_by_address(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_address_per_minute=1, write_limit_per_address_per_minute=1)
        answers = [await api.post(SIGN_IN_URL, json={"credential": {}}) for _ in range(2)]
        answers += [await api.post(f"{SIGN_IN_URL}/options") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [400, 429, 200, 429]

    @pytest.mark.parametrize("url", ["http://127.0.0.1:3000", "http://[::1]:3000"])
    async def test_is_not_offered_at_an_ip_address(
        self, api: AsyncClient, change_settings: Callable[..., None], url: str
    ) -> None:
        change_settings(public_url=url)
        assert (await api.post(f"{SIGN_IN_URL}/options")).status_code == 404


class TestProof:
    async def test_a_passkey_of_the_account_is_one(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        await age_proofs()
        assert (await ana.delete("/api/users/sessions")).status_code == 403
        assert (await prove(ana, passkey)).status_code == 204
        assert (await ana.delete("/api/users/sessions")).status_code == 204

    async def test_a_password_is_one(self, ana: AsyncClient) -> None:
        await age_proofs()
        wrong = await ana.post(PROOF_URL, json={"currentPassword": "wrong horse"})
        assert wrong.json()["errors"][0]["field"] == "currentPassword"
        assert (await ana.delete("/api/users/sessions")).status_code == 403
        right = await ana.post(PROOF_URL, json={"currentPassword": ANA["password"]})
        assert right.status_code == 204
        assert (await ana.delete("/api/users/sessions")).status_code == 204

    async def test_an_account_without_passkeys_has_no_options(self, ana: AsyncClient) -> None:
        answer = await ana.post(f"{PROOF_URL}/options")
        assert (answer.status_code, "password" in answer.text) == (409, True)

    async def test_a_passkey_of_another_account_is_none(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        await add(ana, Authenticator())
        await age_proofs()
        assert "could not be checked" in message_of(await prove(ana, passkey))
        assert (await ana.delete("/api/users/sessions")).status_code == 403

    async def test_the_challenge_of_another_session_is_refused(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        options = (await ana.post(f"{PROOF_URL}/options")).json()
        await ana.post("/api/users/signin", json=ANA)
        answer = await ana.post(PROOF_URL, json={"credential": passkey.get(options)})
        assert "took too long" in message_of(answer)

    @pytest.mark.parametrize("body", [{}, {"currentPassword": "x", "credential": {}}])
    async def test_wants_exactly_one(self, ana: AsyncClient, body: dict[str, Any]) -> None:
        assert (await ana.post(PROOF_URL, json=body)).status_code == 400

    async def test_needs_a_session(self, api: AsyncClient) -> None:
        for url in (PROOF_URL, f"{PROOF_URL}/options"):
            assert (await api.post(url, json={"currentPassword": "x"})).status_code == 401


@pytest.mark.usefixtures("passkey")
class TestRemove:
    async def test_removes_own(self, ana: AsyncClient) -> None:
        await add(ana, Authenticator(), name="Laptop")
        first = (await ana.get(URL)).json()["items"][0]
        assert (await ana.delete(f"{URL}/{first['id']}")).status_code == 204
        assert [row["name"] for row in (await ana.get(URL)).json()["items"]] == ["Laptop"]
        (event,) = await recorded_events("PasskeyRemoved")
        assert (event["passkey_id"], event["passkey_name"]) == (first["id"], "Phone")
        assert (await ana.delete(f"{URL}/{first['id']}")).status_code == 404

    async def test_rejects_that_of_another_user(self, ana: AsyncClient) -> None:
        (theirs,) = (await ana.get(URL)).json()["items"]
        mine = ana.cookies[auth.COOKIE]
        await ana.post("/api/users/signup", json={**ANA, "email": "ben@gittix.test"})
        assert (await ana.delete(f"{URL}/{theirs['id']}")).status_code == 404
        assert (await ana.get(URL)).json() == {"items": []}
        use(ana, mine)
        assert len((await ana.get(URL)).json()["items"]) == 1
        assert await recorded_events("PasskeyRemoved") == []

    async def test_needs_a_session_and_a_proof(self, ana: AsyncClient) -> None:
        (row,) = (await ana.get(URL)).json()["items"]
        await age_proofs()
        assert (await ana.delete(f"{URL}/{row['id']}")).status_code == 403
        assert (await ana.delete(f"{URL}/{uuid4()}")).status_code == 403
        ana.cookies.clear()
        assert (await ana.delete(f"{URL}/{row['id']}")).status_code == 401
        assert (await ana.get(URL)).status_code == 401


async def test_unanswered_challenges_are_deleted(api: AsyncClient) -> None:
    await api.post(f"{SIGN_IN_URL}/options")
    await delete_old_rows()
    assert len(await column("SELECT hash FROM challenges")) == 1
    await execute("UPDATE challenges SET expires_at = now()")
    await delete_old_rows()
    assert await column("SELECT hash FROM challenges") == []


class TestRecovery:
    """Who changed the address may have added a passkey; after a forgotten password it stays."""

    async def test_undone_change_of_address_removes_it(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        await links.confirm(ana, ANA["email"])
        await ana.put("/api/users/currentuser/email", json={"email": "thief@gittix.test"})
        change = await links.mail(ANA["email"], TokenPurpose.CHANGE, "thief@gittix.test")
        await links.use(ana, change)
        undo = await links.mail("thief@gittix.test", TokenPurpose.UNDO, ANA["email"])
        assert (await links.reset(ana, undo)).status_code == 200
        assert (await sign_in(ana, passkey)).status_code == 400

    async def test_reset_of_an_unconfirmed_address_removes_it(
        self, ana: AsyncClient, passkey: Authenticator
    ) -> None:
        # Another person may have signed up with the address.
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        assert (await links.reset(ana, token)).status_code == 200
        assert (await sign_in(ana, passkey)).status_code == 400

    async def test_reset_leaves_it(self, ana: AsyncClient, passkey: Authenticator) -> None:
        await links.confirm(ana, ANA["email"])
        token = await links.mail(ANA["email"], TokenPurpose.RESET)
        assert (await links.reset(ana, token)).status_code == 200
        assert (await sign_in(ana, passkey)).status_code == 200
