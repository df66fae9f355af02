"""A Chromium for the browser tests, wherever this machine can have one from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ticketing_app.devstack.errors import StackError

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of Playwright's own browser or the system's, or None."""
    listed = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium"],
        check=False, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in listed.splitlines():
        name, _, folder = line.strip().partition(": ")
        if name == "Install location":
            for pattern in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*"):
                if browser := next(Path(folder.strip()).glob(pattern), None):
                    return str(browser)
    return next((path for name in SYSTEM_NAMES if (path := shutil.which(name))), None)


def install() -> str:
    """Find a browser or install one: Playwright's own, else Debian's package.

    Raises: StackError when neither can be had.
    """
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        commands.append(["apt-get", "-qq", "update"])
        commands.append(["apt-get", "-qq", "install", "--yes", "chromium"])
    for command in commands:
        if found := find():
            return found
        print(f"no Chromium yet, trying {' '.join(command[-4:])}", flush=True)
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=600)
    if found := find():
        return found
    raise StackError(
        "The browser tests need Chromium: run `.venv/bin/playwright install chromium`, "
        "or install your system's chromium package."
    )
