"""An empty Reflex page, built and served like the site: the lower bound of every page."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.site import free_port
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.web import SERVE_BUILD, START_SECONDS, stop_web
from ticketing_app.documents.plugins import bun_path

NAME = "empty"
# Reflex serves its files itself.
MOUNT = {"__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true"}
CONFIG = f"""
from pathlib import Path

import reflex as rx

config = rx.Config(
    app_name="{NAME}",
    frontend_port={{port}},
    api_url="http://localhost:{{port}}",
    disable_plugins=[rx.plugins.SitemapPlugin],
    frontend_compression_formats=["brotli", "gzip"],
    show_built_with_reflex=False,
    telemetry_enabled=False,
    bun_path=Path("{bun_path()}"),
)
"""
PAGE = """
import reflex as rx

app = rx.App(html_lang="en")
app.add_page(lambda: rx.el.h1("Empty"), "/", title="Empty")
"""


@contextmanager
def running_empty_app() -> Generator[str]:
    """Build and serve it in a temporary folder, for the block; yields its address."""
    with tempfile.TemporaryDirectory(prefix="empty-reflex-") as name:
        folder = Path(name)
        port = free_port()
        (folder / NAME).mkdir()
        (folder / "rxconfig.py").write_text(CONFIG.format(port=port))
        (folder / NAME / "__init__.py").touch()
        (folder / NAME / f"{NAME}.py").write_text(PAGE)
        log = folder / "log"
        if _run(folder, log, "reflex", "export", "--frontend-only", "--no-zip").wait():
            raise _failure(log)
        server = _run(
            folder, log, "granian", "--interface", "asgi", "--factory", "--workers", "1",
            "--host", "127.0.0.1", "--port", str(port), f"{NAME}.{NAME}:app", **SERVE_BUILD, **MOUNT,
        )  # fmt: skip
        try:
            url = f"http://localhost:{port}/"
            _wait_until_up(url, log)
            yield url
        finally:
            stop_web(server)


def _run(folder: Path, log: Path, *words: str, **settings: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603  # Our own words.
            [sys.executable, "-m", *words], cwd=folder, env={**os.environ, **settings},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip


def _wait_until_up(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # Our own address.
                return
        except OSError:
            time.sleep(0.1)
    raise _failure(log)


def _failure(log: Path) -> StackError:
    return StackError(f"The empty app does not run:\n{log.read_text()[-3000:]}")
