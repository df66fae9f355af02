"""Web push: subscriptions of browsers, and messages to a push service that decrypts them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from py_vapid import Vapid

from tests import factories
from tests.integration.notices.bell import make_notice
from tests.integration.notices.push_service import PushService
from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller, UserRead
from ticketing_app.core import db
from ticketing_app.notices import repository, rules
from ticketing_app.notices.gateway.push import PushRefusedError
from ticketing_app.notices.schemas import PushSubscriptionCreate
from ticketing_app.notices.service import push, reading

pytestmark = pytest.mark.usefixtures("database")
PRIVATE_KEY = "rGxkcC-iBjrxDLbUaJCaG7q0dbH6jqf9Y0PpLYTMlB4"


@pytest.fixture
def keys(change_settings: Callable[..., None]) -> Vapid:
    change_settings(vapid_private_key=PRIVATE_KEY, public_url="https://ticketing.dev")
    return Vapid.from_string(PRIVATE_KEY)


@pytest.fixture
async def push_service(keys: Vapid, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[PushService]:
    assert keys
    service = PushService()
    server = await asyncio.start_server(service.answer, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    is_known = rules.is_push_service
    monkeypatch.setattr(
        rules,
        "is_push_service",
        lambda endpoint: endpoint == service.endpoint or is_known(endpoint),
    )
    async with server:
        yield service


async def sign_in(user: UserRead) -> Caller:
    async with db.transaction() as session:
        started = await auth.start_session(session, user=user, device="", address="192.0.2.1")
    caller = await auth.authenticate(f"{auth.cookie_name()}={started.token}")
    assert caller
    return caller


async def subscribe(service: PushService, caller: Caller | None = None) -> Caller:
    caller = caller or await sign_in(await factories.make_user())
    given = PushSubscriptionCreate(endpoint=service.endpoint, **service.keys)
    async with db.transaction() as session:
        await push.subscribe(session, caller=caller, subscription=given)
    return caller


async def subscriptions_of(user_id: UUID) -> list[UUID]:
    async with db.transaction() as session:
        return await repository.list_push_subscription_ids(session, user_id)


async def send(caller: Caller, **facts: Any) -> UUID:  # noqa: ANN401  # as `make_notice`.
    """Push a notice to each subscribed browser."""
    notice_id = await make_notice(UserRead(id=caller.user_id, email=caller.email), **facts)
    for subscription_id in await subscriptions_of(caller.user_id):
        await push.send_push(db.transaction, f"{notice_id}.{subscription_id}")
    return notice_id


class TestSendPush:
    async def test_encrypts_and_signs(self, push_service: PushService, keys: Vapid) -> None:
        notice_id = await send(await subscribe(push_service))
        (message,) = push_service.messages
        assert message.keys() == {"title", "path", "tag"}
        assert message["tag"] == notice_id.hex
        (headers,) = push_service.headers
        assert (headers["topic"], headers["ttl"]) == (notice_id.hex, "43200")
        assert headers["urgency"] in {"normal", "high"}
        _, token = headers["authorization"].partition(",")[0].split("t=")
        origin = f"http://127.0.0.1:{push_service.port}"
        claims = jwt.decode(
            token, keys.private_key.public_key(), algorithms=["ES256"], audience=origin
        )
        assert claims["sub"] == "https://ticketing.dev"

    @pytest.mark.parametrize("status", [404, 410])
    async def test_deletes_a_subscription_that_is_gone(
        self, push_service: PushService, status: int
    ) -> None:
        caller = await subscribe(push_service)
        push_service.status = status
        await send(caller)
        assert await subscriptions_of(caller.user_id) == []

    @pytest.mark.parametrize("status", [307, 400, 429, 500])
    async def test_fails_otherwise_and_keeps_it(
        self, push_service: PushService, status: int
    ) -> None:
        caller = await subscribe(push_service)
        push_service.status = status
        push_service.location = push_service.endpoint
        with pytest.raises(PushRefusedError):
            await send(caller)
        assert len(push_service.messages) == 1
        assert len(await subscriptions_of(caller.user_id)) == 1

    async def test_fails_without_a_reply(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        async with db.transaction() as session:
            (subscription_id,) = await repository.list_push_subscription_ids(
                session, caller.user_id
            )
            subscription = await repository.get_push_subscription(session, subscription_id)
            assert subscription
            subscription.endpoint = "https://fcm.googleapis.com/x"
            session.add(subscription)
        with pytest.MonkeyPatch.context() as offline:
            offline.setattr(httpx.AsyncClient, "post", _never_answer)
            with pytest.raises(httpx.ConnectError):
                await send(caller)
        assert len(await subscriptions_of(caller.user_id)) == 1

    async def test_deletes_one_with_unusable_keys(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        given = PushSubscriptionCreate(
            endpoint=push_service.endpoint, p256dh="A" * 87, auth=push_service.keys["auth"]
        )
        async with db.transaction() as session:
            await push.subscribe(session, caller=caller, subscription=given)
        await send(caller)
        assert (push_service.messages, await subscriptions_of(caller.user_id)) == ([], [])

    async def test_ends_with_the_session(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        async with db.transaction() as session:
            await auth.end_session(session, session_id=caller.session_id)
        await send(caller)
        assert (push_service.messages, await subscriptions_of(caller.user_id)) == ([], [])

    async def test_does_not_push_what_was_read(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        (subscription_id,) = await subscriptions_of(caller.user_id)
        notice_id = await make_notice(UserRead(id=caller.user_id, email=caller.email))
        async with db.transaction() as session:
            await reading.mark_read(session, user_id=caller.user_id, notice_id=notice_id)
        await push.send_push(db.transaction, f"{notice_id}.{subscription_id}")
        assert push_service.messages == []

    async def test_does_not_call_a_host_that_is_no_longer_allowed(
        self, push_service: PushService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        caller = await subscribe(push_service)
        monkeypatch.setattr(rules, "is_push_service", lambda _: False)
        await send(caller)
        assert push_service.messages == []


async def _never_answer(*_: object, **__: object) -> httpx.Response:
    raise httpx.ConnectError("offline")


class TestSubscribe:
    async def test_replaces_that_of_the_same_browser(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        await subscribe(push_service, caller)
        assert len(await subscriptions_of(caller.user_id)) == 1

    async def test_moves_to_the_account_that_signed_in_later(
        self, push_service: PushService
    ) -> None:
        before, after = await subscribe(push_service), await subscribe(push_service)
        assert await subscriptions_of(before.user_id) == []
        assert len(await subscriptions_of(after.user_id)) == 1

    async def test_refuses_another_host(self, push_service: PushService) -> None:
        caller = await sign_in(await factories.make_user())
        given = PushSubscriptionCreate(endpoint="https://10.0.0.1/x", **push_service.keys)
        with pytest.raises(push.UnknownPushServiceError):
            async with db.transaction() as session:
                await push.subscribe(session, caller=caller, subscription=given)

    async def test_is_not_offered_without_a_key(self) -> None:
        assert push.public_key() == ""
        with pytest.raises(push.PushNotOfferedError):
            await subscribe(PushService())

    async def test_ends_when_turned_off(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        async with db.transaction() as session:
            assert await push.is_subscribed(session, caller=caller)
            await push.unsubscribe(session, caller=caller)
            assert not await push.is_subscribed(session, caller=caller)


class TestWant:
    async def test_is_work_for_each_browser(self, push_service: PushService) -> None:
        caller = await subscribe(push_service)
        notice_id = await make_notice(UserRead(id=caller.user_id, email=caller.email))
        async with db.transaction() as session:
            await push.want(session, user_id=caller.user_id, notice_id=notice_id)
        (subscription_id,) = await subscriptions_of(caller.user_id)
        async with db.transaction() as session:
            rows = await (await session.connection()).exec_driver_sql("SELECT kind, key FROM work")
            assert rows.all() == [("notices.push", f"{notice_id}.{subscription_id}")]

    async def test_is_no_work_without_a_key(self) -> None:
        async with db.transaction() as session:
            await push.want(session, user_id=db.new_id(), notice_id=db.new_id())
            rows = await (await session.connection()).exec_driver_sql("SELECT key FROM work")
            assert rows.all() == []
