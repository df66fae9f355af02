"""One stack for all processes of a checkout, while one of them lives."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.waiting import eventually
from ticketing_app.core.settings import Settings
from ticketing_app.devstack.postgres import TEMPLATE
from ticketing_app.devstack.stack import PARTS, ROOT, read_env
from ticketing_app.devstack.supervisor import wanted_parts

OWNER = """
from ticketing_app.devstack import supervisor
supervisor.ensure(lambda line: None)
print("up", flush=True)
input()
"""


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Return this process' environment without the settings and the template of the other tests."""
    known = {TEMPLATE, *(name.upper() for name in Settings.model_fields)}
    env = {name: value for name, value in os.environ.items() if name not in known}
    return env | {"TICKETING_DATA_DIR": str(data_dir)} | settings


def own(env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_until_up(owner: subprocess.Popen[str]) -> None:
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"


def dev(env: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ticketing_app.devstack", "dev", *options],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def supervisors(data_dir: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == ["supervise"]:
                folder = process.environ().get("TICKETING_DATA_DIR")
                found += [process] if folder == str(data_dir) else []
        except psutil.Error:
            continue
    return found


def answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisConnectionError:
        return False


class TestEnsure:
    async def test_runs_one_stack_until_the_last_owner_ends(self, tmp_path: Path) -> None:
        env = environment(tmp_path / "data")
        owners = [own(env), own(env)]
        try:
            for owner in owners:
                wait_until_up(owner)
            [supervisor] = supervisors(tmp_path / "data")
            # They are loaded in the background, and the loading ends with the stack.
            assert (tmp_path / "data" / "children" / "cities").exists()
            url = read_env(tmp_path / "data" / "stack.env")["REDIS_URL"]
            port = str(urlsplit(url).port)
            servers = [child for child in supervisor.children() if "valkey" in child.name()]
            [redis] = [server for server in servers if port in " ".join(server.cmdline())]
            redis.kill()
            await eventually(lambda: answers(url) and redis not in supervisor.children())

            owners[0].kill()
            assert dev(env, "--reset").stderr == (
                "bin/dev: The local stack is in use; stop it before --reset.\n"
            )
            parts = supervisor.children(recursive=True)
            assert supervisor.is_running()
        finally:
            for owner in owners:
                owner.kill()
                owner.communicate()
        psutil.wait_procs([supervisor, *parts], timeout=30)
        assert [process for process in [supervisor, *parts] if process.is_running()] == []
        assert not answers(url)


class TestWantedParts:
    @pytest.mark.parametrize(
        ("own", "absent"),
        [
            ({}, set[str]()),
            ({"REDIS_STATE_URL": "redis://mine"}, {"redis-state"}),
            ({"REDIS_URL": "redis://mine"}, {"redis", "redis-state"}),
            ({"MAIL_URL": "smtp://mine"}, {"mail"}),
        ],
    )
    def test_skips_parts_with_own_settings(
        self, monkeypatch: pytest.MonkeyPatch, own: dict[str, str], absent: set[str]
    ) -> None:
        names = ("DATABASE_URL", "REDIS_URL", "REDIS_STATE_URL", "STRIPE_SECRET_KEY", "MAIL_URL")
        for name in names:
            monkeypatch.setenv(name, own.get(name, ""))
        assert wanted_parts() == set(PARTS) - absent


class TestDev:
    def test_names_the_process_on_its_port(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            done = dev(environment(tmp_path / "data", PORT=str(port)))
        assert done.returncode == 1
        assert f"Port {port} is in use by process {os.getpid()}" in done.stderr

    @pytest.mark.parametrize("port", ["web", "70000000000"])
    def test_refuses_an_invalid_port(self, tmp_path: Path, port: str) -> None:
        done = dev(environment(tmp_path / "data", PORT=port))
        assert done.returncode == 1
        assert f"PORT must be a number from 1 to 65535, not {port!r}" in done.stderr

    def test_names_the_part_that_does_not_start(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        env = environment(tmp_path / "data", PORT=str(port), DATABASE_URL="postgresql://nowhere")
        done = dev(env)
        assert done.returncode == 1
        assert "bin/dev: python -m alembic upgrade head failed:" in done.stderr
        # The lock that bin/dev waits for is released shortly before the process ends.
        _, left = psutil.wait_procs(supervisors(tmp_path / "data"), timeout=30)
        assert left == []
