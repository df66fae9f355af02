"""The site on one port: built frontend and backend in one process, as in production."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.stack import ROOT
from ticketing_app.documents import build_stamp

START_SECONDS = 90
STOP_SECONDS = 15
WEB = ROOT / ".web"

# The parent process already owns the stack.
WITHOUT_STACK = {"TICKETING_DEVSTACK": "false"}

# Reflex's settings to serve the build without compiling; internal names, pinned with its version.
SERVE_BUILD = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
}


def is_build_current() -> bool:
    return (WEB / "build/client/index.html").exists() and build_stamp.is_current(WEB) is True


def build_frontend(env: Mapping[str, str]) -> None:
    """Export the frontend into .web/build/client; raises StackError with the end of Reflex's output."""
    # Computed before the build, so that changes made during it cause another one.
    taken = build_stamp.compute()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=ROOT, env={**os.environ, **env, **WITHOUT_STACK}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            code = process.wait()
        finally:
            stop_web(process)
        output.seek(0)
        if code:
            raise StackError(f"Building the frontend failed:\n{output.read()[-3000:]}")
    build_stamp.write(WEB, taken)


def start_web(env: Mapping[str, str], port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the site and wait until it answers; raises StackError if it does not in time."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "web.py", "--port", str(port)],
            cwd=ROOT, env={**os.environ, **env, **SERVE_BUILD, **WITHOUT_STACK, "PORT": str(port)},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_up(process, port, log)
    except BaseException:
        stop_web(process)
        raise
    return process


def stop_web(process: subprocess.Popen[bytes]) -> None:
    """Terminate the process, then kill the processes that it started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    # Workers survive a parent that was killed; the process group has only them.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def require_free_port(port: int) -> None:
    """Raise StackError if a process listens on this port, on IPv4 or IPv6."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                raise StackError(f"Port {port} is in use{_listener(port)}; end that, or set PORT.")


def _listener(port: int) -> str:
    """Describe the listening process, if visible: some systems hide those of other users."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == "LISTEN" and connection.laddr[1:] == (port,) and connection.pid:
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f" by process {connection.pid} ({command[:60]})"
    return ""


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(f"http://127.0.0.1:{port}/api/health/live"):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise StackError(f"The web process did not come up, see {log}:\n{tail}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # Our own address.
            return True
    except OSError:
        return False
