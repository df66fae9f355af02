import pytest

from ticketing_app.core.transport import find_postgresql_gaps, find_redis_gaps

PASSWORD = "a password"
REDIS_TLS = "TLS (rediss://)"
POSTGRESQL_TLS = "TLS (?ssl=require or ?ssl=verify-full)"


class TestFindRedisGaps:
    @pytest.mark.parametrize(
        ("url", "gaps"),
        [
            ("rediss://:word@redis:6379/0", []),
            ("rediss://redis/0?password=word", []),
            ("redis://:word@redis:6379/0", [REDIS_TLS]),
            ("rediss://redis:6379/0", [PASSWORD]),
            ("redis://redis", [PASSWORD, REDIS_TLS]),
            ("redis://127.0.0.1.evil.test", [PASSWORD, REDIS_TLS]),
            ("redis://10.0.0.1:6379", [PASSWORD, REDIS_TLS]),
            ("redis://127.0.0.7:6379/0", []),
            ("redis://[::1]:6379/0", []),
            ("redis://localhost", []),
            ("redis:///0", []),
            ("unix:///run/redis.sock", []),
        ],
    )
    def test_names_what_the_address_lacks(self, url: str, gaps: list[str]) -> None:
        assert find_redis_gaps(url) == gaps


class TestFindPostgresqlGaps:
    @pytest.mark.parametrize(
        ("address", "gaps"),
        [
            ("u:word@db/gittix?ssl=require", []),
            ("u:word@db/gittix?ssl=verify-full", []),
            ("u@db/gittix?ssl=verify-ca&password=word", []),
            ("u:word@db/gittix?ssl=prefer", [POSTGRESQL_TLS]),
            ("u:word@db/gittix", [POSTGRESQL_TLS]),
            ("u@db/gittix?ssl=require", [PASSWORD]),
            ("db/gittix", [PASSWORD, POSTGRESQL_TLS]),
            ("/gittix?host=db", [PASSWORD, POSTGRESQL_TLS]),
            ("/gittix?host=127.0.0.1&host=db", [PASSWORD, POSTGRESQL_TLS]),
            ("/gittix?host=/run/postgresql", []),
            ("/gittix", []),
            ("u@127.0.0.1:5432/gittix", []),
            ("u@[::1]:5432/gittix", []),
        ],
    )
    def test_names_what_the_address_lacks(self, address: str, gaps: list[str]) -> None:
        assert find_postgresql_gaps(f"postgresql+asyncpg://{address}") == gaps
