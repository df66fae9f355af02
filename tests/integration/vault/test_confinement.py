"""Powers that a parser has in the child once it was taken over: the same confinement, other code."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ticketing_app.vault.inspection import sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="macOS has no filter.")

START = """
import ctypes, json, mmap, os, resource, socket, sys, _thread
sys.path.append(sys.argv[1])
from ticketing_app.vault.inspection.child import confine
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()

def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

confine.limit()
if not confine.install_filter():
    sys.exit(3)
"""
ATTEMPTS = """
outcomes = {}

def attempt(name, act):
    try:
        act()
    except (OSError, ValueError, MemoryError, RuntimeError) as error:
        outcomes[name] = type(error).__name__
    else:
        outcomes[name] = "worked"

attempt("open", lambda: open("/etc/passwd"))
attempt("own environment", lambda: open("/proc/self/environ"))
attempt("list", lambda: os.listdir("/"))
attempt("stat", lambda: os.stat("/"))
attempt("write", lambda: open("/tmp/x", "w"))
attempt("remove", lambda: os.unlink("/tmp/x"))
attempt("unix socket", lambda: socket.socket(socket.AF_UNIX))
attempt("tcp socket", lambda: socket.socket(socket.AF_INET))
attempt("fork", os.fork)
attempt("thread", lambda: _thread.start_new_thread(print, ()))
attempt("exec", lambda: os.execv("/bin/sh", ["sh", "-c", "true"]))
attempt("signal to its parent", lambda: os.kill(parent, 0))
attempt("ptrace", lambda: call(101, 16, parent, 0, 0))
attempt("memory of its parent", lambda: call(310, parent, 0, 0, 0, 0, 0))
attempt("io_uring", lambda: call(425, 8, 0))
attempt("bpf", lambda: call(321, 0, 0, 0))
attempt("memfd", lambda: os.memfd_create("x"))
attempt("another filter", lambda: call(317, 0, 0, 0))
attempt("higher limit", lambda: resource.setrlimit(resource.RLIMIT_CPU, (100, 100)))
attempt("1 GiB", lambda: bytearray(2**30))
attempt("1 GiB mapped", lambda: mmap.mmap(-1, 2**30))
print(json.dumps(outcomes))
"""


def run_confined(program: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", "-B", "-c", START + program, str(sandbox.ROOT)],
        env={}, cwd="/", capture_output=True, check=False,
    )  # fmt: skip


class TestConfinement:
    def test_leaves_no_power(self) -> None:
        done = run_confined(ATTEMPTS)

        outcomes = json.loads(done.stdout)
        assert len(outcomes) == 21
        assert [name for name, outcome in outcomes.items() if outcome == "worked"] == []

    def test_kills_calls_of_x32(self) -> None:
        assert run_confined("call(0x40000000 + 39)").returncode == -signal.SIGSYS

    def test_kills_at_the_limit_of_processor_time(self) -> None:
        # The limit itself takes 10 s: a lower one is set before, and `limit` keeps the lower.
        program = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n" + START
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", program + "while True: pass", str(sandbox.ROOT)],
            env={}, cwd="/", capture_output=True, check=False,
        )  # fmt: skip

        assert done.returncode == -signal.SIGKILL

    def test_kills_a_write_to_a_file(self, tmp_path: Path) -> None:
        with (tmp_path / "out").open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-I", "-B", "-c", START + "os.write(1, b'x')", str(sandbox.ROOT)],
                env={}, cwd="/", stdout=out, check=False,
            )  # fmt: skip

        assert done.returncode != 0
        assert (tmp_path / "out").stat().st_size == 0

    async def test_is_possible_here(self) -> None:
        assert await sandbox.can_confine()
