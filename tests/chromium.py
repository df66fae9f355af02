"""Finds or installs a Chromium for the browser tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.web import stop_web

SYSTEM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# In the folders that Playwright names, on Linux and on a Mac.
PATTERNS = (
    "chrome-headless-shell-*/chrome-headless-shell",
    "chrome-linux*/chrome",
    "chrome-mac*/*.app/Contents/MacOS/*",
)
INSTALL_SECONDS = 600
REPLACE_SECONDS = 60


def find(*, prefers_shell: bool = False) -> str | None:
    """Return the path of a browser that starts, or None.

    The headless shell is the same engine without the browser around it: the tests take 40 % less CPU.
    """
    paths = sorted(_candidates(), key=lambda path: is_shell(path) is not prefers_shell)
    return next(filter(_runs, paths), None)


def is_shell(path: str) -> bool:
    return "headless" in Path(path).name


def install() -> str:
    """Find a headless shell or install one: Playwright's own, else Debian's package. A Chromium will do.

    Raises: StackError when none can be had.
    """
    for command in _ways():
        found = find(prefers_shell=True)
        if found and is_shell(found):
            return found
        print(f"no headless Chromium yet, trying {' '.join(command[-4:])}", flush=True)
        seconds = REPLACE_SECONDS if found else INSTALL_SECONDS
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            print(f"gave that up after {seconds} s", flush=True)
        finally:
            stop_web(process)
    if found := find(prefers_shell=True):
        return found
    raise StackError(
        "The browser tests need Chromium: run `.venv/bin/playwright install --with-deps --only-shell chromium`, "
        "or install your system's package chromium-headless-shell or chromium."
    )


def _candidates() -> Iterator[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium"],
        check=False, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in listed.splitlines():
        name, _, folder = line.strip().partition(": ")
        if name == "Install location":
            for pattern in PATTERNS:
                yield from map(str, Path(folder.strip()).glob(pattern))
    yield from filter(None, map(shutil.which, SYSTEM_NAMES))


def _runs(path: str) -> bool:
    """Whether it starts: a downloaded browser fails if system libraries are missing."""
    try:
        done = subprocess.run([path, "--version"], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _ways() -> list[list[str]]:
    ways = [[sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.append(["apt-get", "-qq", "update"])
        ways.append(["apt-get", "-qq", "install", "--yes", "chromium-headless-shell"])
    return ways
