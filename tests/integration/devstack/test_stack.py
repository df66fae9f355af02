"""The local stand-ins and their life cycle."""

import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import httpx
import psutil
import pytest
from redis import Redis, TimeoutError  # noqa: A004  # Redis' own error.

from tests.waiting import eventually
from ticketing_app.devstack import postgres, web
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.postgres import Postgres
from ticketing_app.devstack.stack import Stack, free_port, read_env


@pytest.fixture
def redis_alone(tmp_path: Path) -> Generator[Stack]:
    stack = Stack(tmp_path / "data", {"redis"})
    stack.start()
    yield stack
    stack.destroy()


def connect(stack: Stack) -> Redis:
    return Redis.from_url(stack.env["REDIS_URL"], socket_timeout=0.2)


async def query(stack: Stack, sql: str) -> object:
    connection = await asyncpg.connect(stack.env["DATABASE_URL"].replace("+asyncpg", ""))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


class TestPostgres:
    @pytest.fixture(autouse=True)
    def _no_template(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(postgres.TEMPLATE, raising=False)

    def test_copies_a_template(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        template = tmp_path / "template"
        template.mkdir()
        (template / "migrated").write_text("digest")
        monkeypatch.setenv(postgres.TEMPLATE, str(template))
        (tmp_path / "data").mkdir()
        Postgres(tmp_path / "data").prepare()
        assert (tmp_path / "data" / "postgres" / "migrated").read_text() == "digest"

    async def test_has_a_fixed_collation_and_survives_a_crash(self, tmp_path: Path) -> None:
        stack = Stack(tmp_path / "data", {"postgres"})
        stack.start()
        try:
            assert await query(stack, "SELECT 'a' < 'B'") is False
            assert await query(stack, "SELECT upper('é')") == "É"
            await query(stack, "CREATE TABLE kept AS SELECT 42 AS answer")
            stack.kill("postgres")
            stack.start_part("postgres")
            assert await query(stack, "SELECT answer FROM kept") == 42
        finally:
            stack.destroy()

    async def test_recreates_an_unfinished_cluster(self, tmp_path: Path) -> None:
        unfinished = tmp_path / "data" / "postgres.unfinished"
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")
        stack = Stack(tmp_path / "data", {"postgres"})
        stack.start()
        try:
            assert await query(stack, "SELECT 1") == 1
        finally:
            stack.destroy()

    def test_renames_only_a_finished_cluster(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die_at_the_end(*_: object, cwd: Path, **__: object) -> NoReturn:
            (cwd / "PG_VERSION").write_text("18\n")
            raise KeyboardInterrupt

        cluster = Postgres(tmp_path)
        monkeypatch.setattr(postgres.subprocess, "run", die_at_the_end)
        with pytest.raises(KeyboardInterrupt):
            cluster.prepare()
        assert not cluster.cluster.exists()

    async def test_works_in_a_private_folder(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        stack = Stack(home / "data", {"postgres"})
        stack.start()
        try:
            assert await query(stack, "SELECT 1") == 1
            assert (home / "data" / "postgres" / "PG_VERSION").exists()
        finally:
            stack.destroy()


class TestStack:
    def test_bypasses_proxies(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("NO_PROXY", "example.org")
        stack = Stack(tmp_path / "data", {"stripe"})
        stack.start()
        try:
            url = stack.env["STRIPE_JS_URL"]
            assert web._answers(url)
            assert httpx.get(url).is_success
            env = psutil.Process(stack.pid("stripe")).environ()
            assert env["no_proxy"] == env["NO_PROXY"] == "example.org,127.0.0.1,localhost"
        finally:
            stack.destroy()

    def test_writes_keys_privately(self, redis_alone: Stack) -> None:
        settings, key = (redis_alone.data_dir / name for name in ("stack.env", "jwt.key"))
        # As written by earlier versions.
        settings.chmod(0o644)
        redis_alone.stop()
        redis_alone.start()
        assert [oct(path.stat().st_mode)[-3:] for path in (settings, key)] == ["600", "600"]

    def test_hides_the_webhook_secret_from_the_command_line(self, tmp_path: Path) -> None:
        stack = Stack(tmp_path / "data", {"stripe"})
        stack.start()
        try:
            emulator = psutil.Process(stack.pid("stripe"))
            secret = stack.env["STRIPE_WEBHOOK_SECRET"]
            assert emulator.environ()["STRIPE_WEBHOOK_SECRET"] == secret
            assert secret not in " ".join(emulator.cmdline())
        finally:
            stack.destroy()

    def test_limits_page_state_and_never_evicts_jobs(self, tmp_path: Path) -> None:
        stack = Stack(tmp_path / "data", {"redis", "redis-state"})
        stack.start()
        try:
            policies: dict[str, tuple[object, bool]] = {}
            for name in ("REDIS_URL", "REDIS_STATE_URL"):
                with Redis.from_url(stack.env[name]) as client:
                    memory: Any = client.info("memory")
                policies[name] = memory["maxmemory_policy"], memory["maxmemory"] > 0
            assert policies == {
                "REDIS_URL": ("noeviction", False),
                "REDIS_STATE_URL": ("volatile-lru", True),
            }
        finally:
            stack.destroy()

    def test_writes_addresses_to_stack_env(self, redis_alone: Stack) -> None:
        env = read_env(redis_alone.data_dir / "stack.env")
        assert env.items() <= redis_alone.env.items()
        with Redis.from_url(env["REDIS_URL"]) as client:
            assert client.ping()

    @pytest.mark.skipif(sys.platform != "linux", reason="Reads /proc.")
    def test_chooses_no_port_that_the_kernel_gives_to_connections(self) -> None:
        least = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        assert all(free_port() < least for _ in range(50))

    def test_chooses_another_port_if_one_is_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", free_port())) as server:
            taken = server.getsockname()[1]
            assert free_port(taken) != taken

    def test_restarts_a_killed_part_on_its_port(self, redis_alone: Stack) -> None:
        before = redis_alone.pid("redis")
        redis_alone.kill("redis")
        redis_alone.start_part("redis")
        assert redis_alone.pid("redis") != before
        with connect(redis_alone) as client:
            assert client.ping()

    def test_paused_part_hangs_until_resumed(self, redis_alone: Stack) -> None:
        with connect(redis_alone) as client:
            assert client.ping()
            redis_alone.pause("redis")
            with pytest.raises(TimeoutError):
                client.ping()
            redis_alone.resume("redis")
            assert client.ping()

    async def test_revives_crashed_but_not_stopped_parts(self, redis_alone: Stack) -> None:
        before = psutil.Process(redis_alone.pid("redis"))
        before.kill()
        await eventually(lambda: list(redis_alone.revive()) == ["redis"])
        assert redis_alone.pid("redis") != before.pid
        redis_alone.stop_part("redis")
        assert list(redis_alone.revive()) == []

    def test_ends_children_of_a_killed_owner(self, redis_alone: Stack) -> None:
        left = psutil.Process(redis_alone.pid("redis"))
        heir = Stack(redis_alone.data_dir, {"redis"})
        heir.start()
        try:
            assert not left.is_running()
            assert heir.env["REDIS_URL"] == redis_alone.env["REDIS_URL"]
        finally:
            heir.stop()

    def test_quotes_the_log_of_a_part_that_fails_to_start(
        self, redis_alone: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redis_alone.stop_part("redis")
        failing = ["sh", "-c", "echo no memory left; exit 3"]
        monkeypatch.setattr(redis_alone, "_command", lambda _part: failing)
        with pytest.raises(StackError, match=r"redis ended with 3\.\n(?s:.*)no memory left"):
            redis_alone.start_part("redis")

    def test_deletes_only_its_own_folder(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("ten years of work")
        Stack(tmp_path).destroy()
        assert (tmp_path / "thesis.txt").exists()
