"""One stack shared by all processes of a checkout, run by a supervisor process.

Owners hold `owners.lock` (shared) while they live, so that the supervisor notices the end of the
last one even after a crash. The supervisor holds `supervisor.lock` while it lives. `stack.lock`
serialises starting and ending.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ticketing_app.devstack import children
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.stack import PARTS, ROOT, Stack, bypass_proxies

WATCH_SECONDS = 0.5
END_SECONDS = 60

_owner: int | None = None


def data_dir() -> Path:
    return Path(os.environ.get("TICKETING_DATA_DIR") or ROOT / ".data").resolve()


def ensure(report: Callable[[str], object] = print) -> None:
    """Keep the stand-ins running while this process lives; raises StackError if one does not start."""
    global _owner  # noqa: PLW0603  # A process owns the stack once, however often it calls this.
    bypass_proxies()
    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "stack.lock"):
        if _owner is None:
            _owner = _open(folder / "owners.lock")
            fcntl.flock(_owner, fcntl.LOCK_SH)
        if not is_running():
            _start_supervisor(folder, report)
    if children.recorded(folder) & set(PARTS) != wanted_parts():
        raise StackError(
            "The local stack runs with other settings of DATABASE_URL, REDIS_*, STRIPE_* or MAIL_URL; "
            "end what uses it first."
        )


def release() -> None:
    """Release the stack; if this was the last owner, wait until it has stopped."""
    global _owner  # noqa: PLW0603  # As in ensure.
    if _owner is None:
        return
    os.close(_owner)
    _owner = None
    deadline = time.monotonic() + END_SECONDS
    while is_running() and not is_owned() and time.monotonic() < deadline:
        time.sleep(0.1)


def is_running() -> bool:
    """Return whether a supervisor lives; a shared lock does not disturb other probes."""
    return _is_refused(data_dir() / "supervisor.lock", fcntl.LOCK_SH)


def is_owned() -> bool:
    return _is_refused(data_dir() / "owners.lock", fcntl.LOCK_EX)


def own_settings() -> dict[str, str]:
    """Return the developer's environment variables; an empty one counts as unset."""
    return {name: value for name, value in os.environ.items() if value}


def wanted_parts() -> set[str]:
    own = own_settings()
    parts: set[str] = set(PARTS)
    if "DATABASE_URL" in own:
        parts.discard("postgres")
    if "REDIS_URL" in own:
        parts -= {"redis", "redis-state"}
    if "REDIS_STATE_URL" in own:
        parts.discard("redis-state")
    if "STRIPE_SECRET_KEY" in own:
        parts.discard("stripe")
    if "MAIL_URL" in own:
        parts.discard("mail")
    return parts


def run() -> None:
    """Start the stack, restart parts that end, and stop it after the last owner."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    folder = data_dir()
    own = own_settings()
    stack = Stack(folder, wanted_parts(), web_port=int(own.get("PORT", "3000")), settings=own)
    with _locked(folder / "supervisor.lock"):
        try:
            stack.start(_report)
            _seed(stack)
            loading = _load_cities(stack)
        except StackError as error:
            stack.stop()
            _report(f"error {error}")
            return
        _report("up")
        try:
            _watch(stack, folder, loading)
        finally:
            stack.stop()


def _watch(stack: Stack, folder: Path, loading: subprocess.Popen[bytes] | None) -> None:
    """Return once the stack has no owner, with stack.lock held until this process ends."""
    starting = _open(folder / "stack.lock")
    while True:
        time.sleep(WATCH_SECONDS)
        if loading and loading.poll() == 0:
            _cities_mark(stack).touch()
            loading = None
        for part in stack.revive():
            _report(f"{part} ended unexpectedly and was restarted")
        if not _try_lock(starting, fcntl.LOCK_EX):
            continue
        if not is_owned():
            return
        fcntl.flock(starting, fcntl.LOCK_UN)


def _seed(stack: Stack) -> None:
    """Add demo data to our own database, never to one from the developer's settings."""
    # Inside the cluster, so that a new cluster is seeded again.
    done = stack.data_dir / "postgres" / "seeded"
    if "postgres" in stack.parts and not done.exists():
        _report("adding demo data")
        stack.run("-m", "ticketing_app", "seed-demo", "--if-empty")
        done.touch()


def _load_cities(stack: Stack) -> subprocess.Popen[bytes] | None:
    """Load the cities in the background: it takes a while, and the demo data have their own."""
    if "postgres" not in stack.parts or _cities_mark(stack).exists():
        return None
    with (stack.data_dir / "logs" / "cities.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketing_app", "cities", "load", "--if-missing"],
            cwd=ROOT, env={**os.environ, **stack.env}, stdout=log, stderr=log,
        )  # fmt: skip
    children.record(stack.data_dir, "cities", process.pid)
    return process


def _cities_mark(stack: Stack) -> Path:
    # Inside the cluster, so that they are loaded again into a new cluster.
    return stack.data_dir / "postgres" / "cities"


def _start_supervisor(folder: Path, report: Callable[[str], object]) -> None:
    (folder / "logs").mkdir(exist_ok=True)
    log = folder / "logs" / "supervisor.log"
    log.write_text("")
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "ticketing_app.devstack", "supervise"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    with log.open() as lines:
        while True:
            line = lines.readline().strip()
            if line == "up":
                return
            if line.startswith("error "):
                raise StackError(line.removeprefix("error ") + lines.read())
            if line:
                report(line)
            elif child.poll() is not None:
                raise StackError(f"The supervisor ended unexpectedly, see {log}.")
            else:
                time.sleep(0.05)


def _report(line: str) -> None:
    print(line, flush=True)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


def _is_refused(path: Path, kind: int) -> bool:
    if not path.exists():
        return False
    descriptor = _open(path)
    try:
        return not _try_lock(descriptor, kind)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
