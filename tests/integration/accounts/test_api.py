import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import jwt
import pytest
from httpx import AsyncClient
from sqlalchemy import QueuePool, text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.factories import recorded_events
from tests.waiting import eventually
from ticketing_app.accounts import auth, passwords
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import db
from ticketing_app.core.settings import get_settings

ANA = {"email": "ana@gittix.test", "password": "correct horse"}


@pytest.fixture
def connections_while_hashing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of pooled connections in use at each call of Argon2."""
    seen: list[int] = []

    def watch(name: str) -> None:
        work = getattr(passwords, name)

        async def watched(*args: str | None) -> object:
            seen.append(cast("QueuePool", db.engine().pool).checkedout())
            return await work(*args)

        monkeypatch.setattr(passwords, name, watched)

    watch("hash_password")
    watch("verify_password")
    watch("verify_and_update")
    return seen


async def current_user(api: AsyncClient) -> Any:  # noqa: ANN401  # JSON.
    return (await api.get("/api/users/currentuser")).json()["currentUser"]


EMOJI = "".join(chr(0x1F300 + number * number % 251) for number in range(128))


class TestSignUp:
    async def test_creates_an_account_and_signs_it_in(self, api: AsyncClient) -> None:
        answer = await api.post("/api/users/signup", json=ANA)
        assert answer.status_code == 201
        assert answer.json().keys() == {"id", "email"}
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert await current_user(api) == answer.json()
        assert [event["email"] for event in await recorded_events("UserCreated")] == [ANA["email"]]

    async def test_rejects_a_known_address_in_any_case(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        again = await api.post("/api/users/signup", json={**ANA, "email": " Ana@GitTix.test "})
        assert again.status_code == 400
        assert again.json()["errors"] == [{"message": "Email in use", "field": "email"}]
        assert len(await recorded_events("UserCreated")) == 1

    async def test_concurrent_sign_ups_create_one_account(self, api: AsyncClient) -> None:
        answers = await asyncio.gather(*[api.post("/api/users/signup", json=ANA) for _ in range(4)])
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "ana", "password": "correct horse"}, "email"),
            ({"email": 7, "password": "correct horse"}, "email"),
            ({"password": "correct horse"}, "email"),
            ({"email": "ana@gittix.test", "password": "1234567"}, "password"),
            ({"email": "ana@gittix.test", "password": "x" * 129}, "password"),
            ({"email": "ana@gittix.test", "password": None}, "password"),
            ({"email": "ana@gittix.test", "password": ["a"]}, "password"),
        ],
    )
    async def test_names_the_wrong_field(
        self, api: AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        answer = await api.post("/api/users/signup", json=body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert await recorded_events() == []

    @pytest.mark.parametrize("password", ["tulip 48", " spaces kept ", EMOJI, "كلمة السر طويلة"])
    async def test_takes_the_password_as_typed(self, api: AsyncClient, password: str) -> None:
        await api.post("/api/users/signup", json={**ANA, "password": password})
        wrong = await api.post("/api/users/signin", json={**ANA, "password": password + " "})
        right = await api.post("/api/users/signin", json={**ANA, "password": password})
        assert (wrong.status_code, right.status_code) == (400, 200)

    async def test_is_throttled_but_invalid_input_does_not_count(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signup_limit_per_hour=2)
        bodies = [{}, {}, {}, ANA, ANA, ANA, {}]
        answers = [await api.post("/api/users/signup", json=body) for body in bodies]
        assert [answer.status_code for answer in answers] == [400, 400, 400, 201, 400, 429, 400]
        assert "try again in 60 min" in answers[5].json()["errors"][0]["message"]
        assert 3500 < int(answers[5].headers["retry-after"]) <= 3600

    async def test_holds_no_connection_while_hashing(
        self, api: AsyncClient, connections_while_hashing: list[int]
    ) -> None:
        assert (await api.post("/api/users/signup", json=ANA)).status_code == 201
        assert connections_while_hashing == [0]


class TestSignIn:
    async def test_opens_a_second_session(self, api: AsyncClient) -> None:
        created = await api.post("/api/users/signup", json=ANA)
        api.cookies.clear()
        answer = await api.post("/api/users/signin", json={**ANA, "email": "ANA@gittix.test"})
        assert answer.status_code == 200
        assert answer.json() == created.json()
        assert await current_user(api) == created.json()

    @pytest.mark.parametrize(
        ("signed_up", "typed"),
        [
            ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
            ("ana@bücher.example", " Ana@XN--BCHER-KVA.example"),
            ("jose\u0301@gittix.test", "jose\u0301@gittix.test"),
            ("José@gittix.test", "JOSE\u0301@GitTix.test "),
        ],
    )
    async def test_accepts_each_spelling_of_an_international_address(
        self, api: AsyncClient, signed_up: str, typed: str
    ) -> None:
        created = await api.post("/api/users/signup", json={**ANA, "email": signed_up})
        assert created.status_code == 201
        answer = await api.post("/api/users/signin", json={**ANA, "email": typed})
        assert (answer.status_code, answer.json()) == (200, created.json())

    @pytest.mark.parametrize(
        "wrong",
        [
            {"password": "wrong horse"},
            {"password": "x" * 5000},
            {"password": ANA["password"] + "x" * 200},
            {"email": "nobody@gittix.test"},
            {"email": "no address"},
            {"email": ""},
            {"email": "a" * 300 + "@gittix.test"},
        ],
    )
    async def test_answers_the_same_for_each_error(
        self, api: AsyncClient, wrong: dict[str, str]
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        api.cookies.clear()
        answer = await api.post("/api/users/signin", json={**ANA, **wrong})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [{"message": "Invalid credentials"}]
        assert await current_user(api) is None

    @pytest.mark.parametrize("email", [ANA["email"], "nobody@gittix.test", "no address"])
    async def test_compares_once_and_holds_no_connection_meanwhile(
        self, api: AsyncClient, connections_while_hashing: list[int], email: str
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        connections_while_hashing.clear()
        await api.post("/api/users/signin", json={**ANA, "email": email})
        assert connections_while_hashing == [0]

    async def test_is_throttled_per_account(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_minute=3)
        wrong = [await api.post("/api/users/signin", json=ANA) for _ in range(4)]
        other = await api.post("/api/users/signin", json={**ANA, "email": "b@gittix.test"})
        assert [answer.status_code for answer in wrong] == [400, 400, 400, 429]
        assert other.status_code == 400

    async def test_is_throttled_per_account_in_each_spelling(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_minute=1)
        spellings = ("ana@bücher.example", "ANA@xn--bcher-kva.example")
        answers = [await api.post("/api/users/signin", json={**ANA, "email": e}) for e in spellings]
        assert [answer.status_code for answer in answers] == [400, 429]

    async def test_is_throttled_per_address_over_all_accounts(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        change_settings(signin_limit_per_address_per_minute=2, trusted_proxy_hops=1)

        async def try_once(number: int, address: str) -> int:
            # The client's own header line comes before that of the proxy.
            lines = [("x-forwarded-for", f"10.0.0.{number}"), ("x-forwarded-for", address)]
            guess = {**ANA, "email": f"{number}@gittix.test"}
            return (await api.post("/api/users/signin", json=guess, headers=lines)).status_code

        assert [await try_once(number, "192.0.2.1") for number in range(3)] == [400, 400, 429]
        assert await try_once(3, "192.0.2.2") == 400


class TestSignOut:
    async def test_revokes_the_session_on_the_server(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        stolen = api.cookies[auth.COOKIE]
        assert (await api.post("/api/users/signout")).json() == {}
        assert auth.COOKIE not in api.cookies
        api.cookies.set(auth.COOKIE, stolen)
        assert await current_user(api) is None
        assert (await api.get("/api/orders")).status_code == 401

    async def test_leaves_other_sessions(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        phone = api.cookies[auth.COOKIE]
        await api.post("/api/users/signin", json=ANA)
        await api.post("/api/users/signout")
        api.cookies.set(auth.COOKIE, phone)
        assert await current_user(api) is not None

    async def test_without_a_session_does_no_harm(self, api: AsyncClient) -> None:
        assert (await api.post("/api/users/signout")).status_code == 200


class TestToken:
    @pytest.mark.parametrize(
        ("claims", "key", "algorithm"),
        [
            ({}, "another key that is long enough for it", "HS256"),
            ({}, "", "none"),
            ({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, None, "HS256"),
            ({"jti": str(uuid4())}, None, "HS256"),
            ({"jti": "no uuid"}, None, "HS256"),
        ],
    )
    async def test_rejects_forged_or_expired_token(
        self, api: AsyncClient, claims: dict[str, Any], key: str | None, algorithm: str
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        real = jwt.decode(api.cookies[auth.COOKIE], options={"verify_signature": False})
        forged = jwt.encode(
            {**real, **claims},
            get_settings().jwt_key.get_secret_value() if key is None else key,
            algorithm,
        )
        api.cookies.clear()
        api.cookies.set(auth.COOKIE, forged)
        assert await current_user(api) is None

    @pytest.mark.parametrize(("seconds", "counts"), [(2, True), (120, False)])
    async def test_allows_a_minute_of_clock_skew(
        self, api: AsyncClient, seconds: int, *, counts: bool
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        claims = jwt.decode(api.cookies[auth.COOKIE], options={"verify_signature": False})
        claims["iat"] = int(time.time()) + seconds
        token = jwt.encode(claims, get_settings().jwt_key.get_secret_value(), "HS256")
        api.cookies.clear()
        api.cookies.set(auth.COOKIE, token)
        assert (await current_user(api) is not None) is counts

    async def test_accepts_the_previous_key(
        self, api: AsyncClient, change_settings: Callable[..., None]
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        before = get_settings().jwt_key.get_secret_value()
        change_settings(jwt_key="the next key, long enough for it")
        assert await current_user(api) is None
        change_settings(jwt_key="the next key, long enough for it", jwt_key_previous=before)
        assert await current_user(api)
        await api.post("/api/users/signin", json=ANA)
        change_settings(jwt_key_previous="")
        assert await current_user(api)

    async def test_rejects_garbage(self, api: AsyncClient) -> None:
        for cookie in ("session=", "session=a.b.c", "session", "a=b; session=\\x00", '{"a":1}'):
            answer = await api.get("/api/users/currentuser", headers={"cookie": cookie})
            assert answer.json() == {"currentUser": None}

    @pytest.mark.parametrize("other", ['foo={"a":1}', "foo=a b", "föö=1", "flag", "a[0]=,"])
    async def test_is_found_beside_foreign_cookies(self, api: AsyncClient, other: str) -> None:
        await api.post("/api/users/signup", json=ANA)
        own = f"{auth.COOKIE}={api.cookies[auth.COOKIE]}"
        for header in (f"{other}; {own}", f"{own}; {other}"):
            assert await auth.authenticate(header)

    async def test_is_refused_once_its_session_expired(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        # Its signature is known from now on.
        assert await current_user(api)
        async with db.autocommit() as connection:
            await connection.execute(text("UPDATE sessions SET expires_at = clock_timestamp()"))
        assert await current_user(api) is None

    async def test_takes_no_memory_unless_we_signed_it(self, api: AsyncClient) -> None:
        await api.post("/api/users/signup", json=ANA)
        forged = f"{auth.COOKIE}={api.cookies[auth.COOKIE][:-4]}aaaa"
        known = auth._decode_token.cache_info().currsize
        assert await auth.authenticate(forged) is None
        assert auth._decode_token.cache_info().currsize == known


class TestSessionCache:
    async def test_does_not_cache_a_session_that_is_revoked_during_the_read(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        header = f"{auth.COOKIE}={api.cookies[auth.COOKIE]}"
        read = auth.sessions.get_caller

        async def end_after_reading(session: AsyncSession, *, session_id: UUID) -> Caller | None:
            caller = await read(session, session_id=session_id)
            async with db.transaction() as other:
                await auth.end_session(other, session_id=session_id)
            return caller

        monkeypatch.setattr(auth, "_is_listening", True)
        monkeypatch.setattr(auth.sessions, "get_caller", end_after_reading)
        assert await auth.authenticate(header)
        monkeypatch.setattr(auth.sessions, "get_caller", read)
        assert await auth.authenticate(header) is None

    async def test_does_not_cache_while_the_channel_is_lost(
        self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await api.post("/api/users/signup", json=ANA)
        read = auth.sessions.get_caller

        async def lose_the_channel(session: AsyncSession, *, session_id: UUID) -> Caller | None:
            # Reconnected: sessions that ended in between were missed.
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
            again.append(asyncio.create_task(auth.listen_for_ended_sessions()))
            await eventually(lambda: auth._is_listening)
            return await read(session, session_id=session_id)

        again: list[asyncio.Task[None]] = []
        listener = asyncio.create_task(auth.listen_for_ended_sessions())
        await eventually(lambda: auth._is_listening)
        monkeypatch.setattr(auth.sessions, "get_caller", lose_the_channel)
        assert await auth.authenticate(f"{auth.COOKIE}={api.cookies[auth.COOKIE]}")
        assert auth._cache == {}
        again[0].cancel()
        await asyncio.gather(*again, return_exceptions=True)

    async def test_evicts_a_session_that_another_process_revokes(self, api: AsyncClient) -> None:
        listener = asyncio.create_task(auth.listen_for_ended_sessions())
        try:
            await eventually(lambda: auth._is_listening)
            await api.post("/api/users/signup", json=ANA)
            header = f"{auth.COOKIE}={api.cookies[auth.COOKIE]}"
            assert await auth.authenticate(header)
            assert len(auth._cache) == 1
            await auth.redis.publish(auth.EVICTION_CHANNEL, str(next(iter(auth._cache))))
            await eventually(lambda: not auth._cache)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
        assert not auth._is_listening


class TestOrigin:
    async def test_rejects_foreign_origin(self, api: AsyncClient) -> None:
        foreign = {"origin": "https://evil.test"}
        answer = await api.post("/api/users/signup", json=ANA, headers=foreign)
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await api.get("/api/tickets", headers=foreign)).status_code == 200
        ours = await api.post(
            "/api/users/signup", json=ANA, headers={"origin": "http://testserver"}
        )
        assert ours.status_code == 201

    @pytest.mark.parametrize("origin", ["http://[", "null", "http://[::1", "//"])
    async def test_rejects_malformed_origin(self, api: AsyncClient, origin: str) -> None:
        answer = await api.post("/api/users/signup", json=ANA, headers={"origin": origin})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
