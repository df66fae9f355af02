"""Rate limits on a real Redis, and without one."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from tests.site import free_port
from ticketing_app.core import limits, redis
from ticketing_app.core.errors import TooManyRequestsError
from ticketing_app.core.settings import Settings, get_settings

pytestmark = pytest.mark.usefixtures("database")

ChangeSettings = Callable[..., None]


@pytest.fixture(autouse=True)
def client_address() -> Generator[None]:
    limits.bind_address("192.0.2.1")
    yield
    limits.bind_address("")


async def hit_times(count: int, policy: str = "holds", **parts: Any) -> list[bool]:  # noqa: ANN401  # as hit.
    return [await limits.hit(policy, **parts) is None for _ in range(count)]


class TestHit:
    async def test_refuses_beyond_the_limit_of_one_account(
        self, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_limit_per_minute=2)
        ana, ben = uuid4(), uuid4()
        assert await hit_times(3, account=ana) == [True, True, False]
        assert await hit_times(1, account=ben) == [True]

    async def test_is_off_at_zero(self, change_settings: ChangeSettings) -> None:
        change_settings(hold_limit_per_minute=0, write_limit_per_address_per_minute=0)
        assert all(await hit_times(30, account=uuid4()))

    async def test_counts_by_address_whatever_the_account(
        self, change_settings: ChangeSettings
    ) -> None:
        change_settings(write_limit_per_address_per_minute=2)
        assert [(await hit_times(1, account=uuid4()))[0] for _ in range(3)] == [True, True, False]
        assert await hit_times(1, account=uuid4(), address="192.0.2.2") == [True]

    async def test_counts_a_network_of_ipv6_as_one(self, change_settings: ChangeSettings) -> None:
        change_settings(signup_limit_per_hour=2)
        spellings = ["2001:db8::1", "[2001:DB8:0:0::2]:443", "2001:db8::ffff:3"]
        answers = [await limits.hit("signups", address=each) is None for each in spellings]
        assert answers == [True, True, False]

    async def test_skips_address_rules_without_an_address(
        self, change_settings: ChangeSettings
    ) -> None:
        change_settings(signup_limit_per_hour=1)
        assert all(await hit_times(3, "signups", address=""))

    async def test_counts_the_cost(self, change_settings: ChangeSettings) -> None:
        change_settings(listing_limit_per_hour=5)
        seller = uuid4()
        assert await hit_times(2, "listings", account=seller, cost=3) == [True, False]
        assert await hit_times(3, "listings", account=seller) == [True, True, False]

    async def test_window_moves(
        self, change_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change_settings(hold_limit_per_minute=2)
        buyer, now = uuid4(), limits.time.time()
        assert await hit_times(3, account=buyer) == [True, True, False]
        monkeypatch.setattr(limits.time, "time", lambda: now + 30)
        assert await hit_times(1, account=buyer) == [False]
        monkeypatch.setattr(limits.time, "time", lambda: now + 61)
        assert await hit_times(3, account=buyer) == [True, True, False]


class TestRefusal:
    async def test_says_how_long(self, change_settings: ChangeSettings) -> None:
        change_settings(hold_limit_per_minute=1)
        buyer = uuid4()
        await limits.check("holds", account=buyer)
        with pytest.raises(TooManyRequestsError, match=r"try again in \d+ s") as caught:
            await limits.check("holds", account=buyer)
        assert 1 <= (caught.value.retry_after or 0) <= 60

    async def test_is_logged_once_a_minute_and_counted_each_time(
        self, change_settings: ChangeSettings
    ) -> None:
        change_settings(hold_limit_per_minute=1)
        buyer = uuid4()
        counted = limits.LIMITS_REACHED.labels("holds")
        before = counted._value.get()
        with capture_logs() as lines:
            await hit_times(4, account=buyer)
        assert lines == [
            {
                "event": "limit.reached",
                "log_level": "warning",
                "policy": "holds",
                "limit": "hold_limit_per_minute",
                "account": str(buyer),
                "address": "192.0.2.1",
            }
        ]
        assert counted._value.get() == before + 3

    async def test_keeps_input_out_of_keys_and_log(self, change_settings: ChangeSettings) -> None:
        change_settings(signin_limit_per_minute=1)
        with capture_logs() as lines:
            await hit_times(2, "signins", account="ana@gittix.test" * 1000)
        keys = await redis.client().keys("limit:*")
        assert "ana@" not in str(lines) + str(keys)
        assert max(map(len, keys)) < 150

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (1, "1 s"),
            (119, "119 s"),
            (120, "2 min"),
            (3541, "60 min"),
            (7200, "2 h"),
            (7201, "3 h"),
        ],
    )
    def test_rounds_up(self, seconds: int, text: str) -> None:
        assert limits.duration(seconds) == text


class TestPeek:
    async def test_counts_nothing(self, change_settings: ChangeSettings) -> None:
        change_settings(hold_limit_per_minute=1)
        buyer = uuid4()
        assert [await limits.peek("holds", account=buyer) for _ in range(3)] == [None] * 3
        await limits.check("holds", account=buyer)
        refusal = await limits.peek("holds", account=buyer)
        assert refusal
        assert refusal.retry_after


class TestWithoutRedis:
    async def test_allows_and_logs(
        self, change_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change_settings(hold_limit_per_minute=1, redis_url=f"redis://127.0.0.1:{free_port()}/0")
        monkeypatch.setattr(redis, "_clients", redis.WeakKeyDictionary())
        with capture_logs() as lines:
            assert all(await hit_times(3, account=uuid4()))
        assert [line["event"] for line in lines] == ["limit.skipped"] * 3

    async def test_waits_once_for_a_hung_redis(
        self, change_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        change_settings(hold_limit_per_minute=1, redis_url=f"redis://127.0.0.1:{port}/0")
        monkeypatch.setattr(redis, "_clients", redis.WeakKeyDictionary())
        monkeypatch.setattr(redis, "TIMEOUT_SECONDS", 0.2)
        monkeypatch.setattr(limits, "_skipped_until", 0.0)
        with capture_logs() as lines:
            assert all(await hit_times(20, account=uuid4()))
        assert [line["event"] for line in lines] == ["limit.skipped"]
        await redis.dispose()
        server.close()


class TestDefaults:
    def test_are_higher_by_address_in_development_only(
        self, change_settings: ChangeSettings
    ) -> None:
        by_address, by_account = limits.POLICIES["signups"][0], limits.POLICIES["holds"][0]
        change_settings()
        default = Settings.model_fields["write_limit_per_address_per_minute"].default
        assert limits._amount(limits.POLICIES["holds"][1]) == 50 * default
        assert limits._amount(by_account) == get_settings().hold_limit_per_minute
        change_settings(signup_limit_per_hour=20)
        assert limits._amount(by_address) == 20

    def test_each_have_a_setting(self) -> None:
        for rule in (rule for rules in limits.POLICIES.values() for rule in rules):
            assert Settings.model_fields[rule.setting].default > 0
