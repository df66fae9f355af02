"""Finds or installs a Chromium for the browser tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.web import stop_web

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600


def find() -> str | None:
    """Return the path of Playwright's own browser or the system's, or None."""
    return next((path for path in _candidates() if _runs(path)), None)


def install() -> str:
    """Find a browser or install one: Playwright's own, else Debian's package.

    Raises: StackError when neither can be had.
    """
    for command in _ways():
        if found := find():
            return found
        print(f"no Chromium yet, trying {' '.join(command[-4:])}", flush=True)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"gave that up after {INSTALL_SECONDS} s", flush=True)
        finally:
            stop_web(process)
    if found := find():
        return found
    raise StackError(
        "The browser tests need Chromium: run `.venv/bin/playwright install --with-deps chromium`, "
        "or install your system's chromium package."
    )


def _candidates() -> Iterator[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium"],
        check=False, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in listed.splitlines():
        name, _, folder = line.strip().partition(": ")
        if name == "Install location":
            for pattern in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*"):
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
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.append(["apt-get", "-qq", "update"])
        ways.append(["apt-get", "-qq", "install", "--yes", "chromium"])
    return ways
