import pytest
from pydantic import SecretStr
from redis.asyncio import Redis, SSLConnection

from ticketing_app.core import redis
from ticketing_app.core.redis import with_time_limits
from ticketing_app.core.settings import Settings


class TestWithTimeLimits:
    @pytest.mark.parametrize(
        "url",
        [
            "redis://redis:6379/2",
            "rediss://:word@redis:6379?db=2",
            "redis://redis:6379/2?",
            "unix:///run/redis.sock?db=2",
        ],
    )
    def test_sets_timeouts_of_clients(self, url: str) -> None:
        limited = Redis.from_url(with_time_limits(url)).get_connection_kwargs()
        assert limited["db"] == 2
        assert limited.pop("socket_timeout") == 5
        assert limited.pop("socket_connect_timeout") == 1.5
        assert limited == Redis.from_url(url).get_connection_kwargs()

    def test_keeps_timeouts_in_the_address(self) -> None:
        own = "redis://redis/0?socket_timeout=2.5"
        assert with_time_limits(own) == f"{own}&socket_connect_timeout=1.5"
        own += "&socket_connect_timeout=9"
        assert with_time_limits(own) == own


class TestBlockingClient:
    @pytest.mark.parametrize("scheme", ["redis", "rediss"])
    def test_lets_a_cancellation_through_with_and_without_tls(
        self, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        found = Settings(redis_url=SecretStr(f"{scheme}://:word@redis/0"))
        monkeypatch.setattr(redis, "get_settings", lambda: found)
        connection = redis.blocking_client().connection_pool.make_connection()
        assert isinstance(connection, redis._Connection)
        assert isinstance(connection, SSLConnection) is (scheme == "rediss")
