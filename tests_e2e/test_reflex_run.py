"""Plain `reflex run`: the development server starts its stand-ins and works."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from tests.check import environment_without_settings
from tests.site import SETTINGS, free_port
from tests_e2e.steps import GOOD_CARD, PASSWORD, Visitor
from ticketing_app.devstack.stack import ROOT

START_SECONDS = 120
STOP_SECONDS = 30


@pytest.fixture
def development_url(tmp_path: Path) -> Generator[str]:
    """Address of `reflex run`, with data and generated files of this test alone."""
    port, backend_port = free_port(), free_port()
    own = {
        "TICKETING_DEVSTACK": "true",
        "PORT": str(port),
        "TICKETING_DATA_DIR": str(tmp_path / "data"),
        "REFLEX_WEB_WORKDIR": str(tmp_path / "web"),
    }
    log = tmp_path / "reflex.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "reflex", "run", "--backend-port", str(backend_port)],
            cwd=ROOT,
            env=environment_without_settings() | SETTINGS | own,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    url = f"http://localhost:{port}"
    try:
        _wait_until_served(f"{url}/api/health/ready", process, log)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)
    _assert_stand_ins_end(tmp_path / "data")


def test_sign_in_and_purchase_work(development_url: str, visitor: Callable[..., Visitor]) -> None:
    seller = visitor(url=development_url)
    buyer = visitor(url=development_url)
    buyer.context.clear_cookies()
    page = buyer.open("/auth/signin")
    page.get_by_label("Email").fill(buyer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("button", name="Sign Out")).to_be_visible()
    order_id = buyer.purchase(seller.sell())
    buyer.open_payment()
    buyer.pay(GOOD_CARD)
    expect(page.get_by_role("heading", name=re.compile("^Paid: "))).to_be_visible()
    assert buyer.order(order_id)["status"] == "completed"


def _wait_until_served(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own address
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"reflex run does not serve:\n{log.read_text()[-3000:]}")


def _assert_stand_ins_end(data_dir: Path) -> None:
    ours = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(data_dir) in part for part in process.info["cmdline"] or ())
    ]
    _, alive = psutil.wait_procs(ours, timeout=STOP_SECONDS)
    assert alive == []
