"""The whole product: real processes on real ports, started like bin/dev does."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import invariants
from ticketing_app.devstack import children, web
from ticketing_app.devstack.stack import ROOT, STOP_SECONDS, Stack, free_port

# Limits by address stay on: each ApiClient sends its own address, like a proxy in front.
# Limits by account are off if a test does the work of an hour within seconds. Load shedding is off, as the
# machine is busy with other tests.
SETTINGS = {
    "EDIT_LIMIT_PER_MINUTE": "0",
    "HOLD_LIMIT_PER_MINUTE": "0",
    "LISTING_LIMIT_PER_HOUR": "0",
    "LOOP_LAG_SECONDS": "0",
    "EVENT_LIMIT_PER_HOUR": "0",
    "MAX_OPEN_LISTINGS": "0",
    "READS_IN_PROGRESS": "0",
    "SETTLE_LIMIT_PER_CHARGE_PER_2_SECONDS": "0",
    "SOCKETS_PER_ADDRESS": "0",
    "TICKETING_ENV": "development",
    "TRUSTED_PROXY_HOPS": "1",
    "VAPID_PRIVATE_KEY": "rGxkcC-iBjrxDLbUaJCaG7q0dbH6jqf9Y0PpLYTMlB4",
    "WRITES_IN_PROGRESS": "0",
}
REFUSE_SECONDS = 5
PROCESSES = 6
"""The web process and the five roles of the worker: each has its metrics at a port of its own."""


class OtherWeb(NamedTuple):
    """One more web process."""

    url: str
    pid: int


class Site:
    """PostgreSQL, Redis, the emulator, the worker and one web process; `url` is where it is.

    `more` are settings of it.
    The metrics of the web process are at `metrics_port`, those of the worker's at the ports above it.
    """

    def __init__(self, data_dir: Path, **more: str) -> None:
        self._port = free_port()
        self.metrics_port = free_ports(PROCESSES)
        settings = SETTINGS | more | {"METRICS_PORT": str(self.metrics_port)}
        self.stack = Stack(data_dir, web_port=self._port, settings=settings)
        self.url = f"http://localhost:{self._port}"
        self._web: subprocess.Popen[bytes] | None = None
        self._other_worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Build the pages if they changed, then start everything, or leave nothing running."""
        try:
            self.stack.start()
            if not web.is_build_current():
                web.build_frontend(self.stack.env)
            self.start_web()
        except BaseException:
            self.stop()
            raise

    def start_web(self) -> None:
        """Start the web process on the port of this site."""
        self._web = web.start_web(self.stack.env, self._port, self._log)

    @property
    def web_pid(self) -> int:
        assert self._web
        return self._web.pid

    def kill_web(self) -> None:
        """End the web process as a crash does."""
        assert self._web
        os.killpg(self._web.pid, signal.SIGKILL)
        self._web.wait()
        self._web = None
        self._wait_until_refused()

    @contextmanager
    def other_web(self, **settings: str) -> Generator[OtherWeb]:
        """Run one more web process on the same data with other settings."""
        port = free_port()
        process = web.start_web({**self.stack.env, **settings}, port, self._log)
        try:
            yield OtherWeb(f"http://localhost:{port}", process.pid)
        finally:
            web.stop_web(process)

    def start_other_worker(self) -> None:
        """Start a second worker with every role, as on a second machine, unless it runs."""
        if self._other_worker:
            return
        with self._log.with_name("other-worker.log").open("ab") as out:
            self._other_worker = subprocess.Popen(
                [sys.executable, "worker.py", "all"],
                cwd=ROOT, env={**os.environ, **self.stack.env},
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        children.record(self.stack.data_dir, "other-worker", self._other_worker.pid)

    def stop_other_worker(self) -> None:
        """Stop the second worker after the jobs that it runs."""
        if self._other_worker:
            self._other_worker.terminate()
            self._other_worker.wait(STOP_SECONDS)
            self._other_worker = None

    def kill_workers(self) -> None:
        """End both workers as a crash of their machines does."""
        assert self._other_worker
        self.stack.kill("worker")
        os.killpg(self._other_worker.pid, signal.SIGKILL)
        self._other_worker.wait()
        self._other_worker = None

    def start_workers(self) -> None:
        """Start both workers again."""
        self.stack.start_part("worker")
        self.start_other_worker()

    def broken_rules(self, *, settled: bool = False) -> list[str]:
        """Return a sentence for each broken rule of the product."""
        env = self.stack.env
        return asyncio.run(
            invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"], settled=settled)
        )

    def stop(self) -> None:
        """Stop everything and delete its data."""
        try:
            if self._web:
                web.stop_web(self._web)
                self._wait_until_refused()
        finally:
            self.stack.destroy()

    def _wait_until_refused(self) -> None:
        """Wait for the kernel to close the socket of a killed process."""
        deadline = time.monotonic() + REFUSE_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)):
                    return
            assert time.monotonic() < deadline, "Something of the web process survived it."
            time.sleep(0.02)

    @property
    def _log(self) -> Path:
        return self.stack.data_dir / "logs" / "web.log"


def free_ports(count: int) -> int:
    """Return the first of `count` consecutive unused ports."""
    while True:
        first = free_port()
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return first
