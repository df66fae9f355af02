"""During a rollout the previous version still runs, on the schema of this one."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests import invariants
from tests.outside.api_client import ApiClients
from tests.outside.background_traffic import BackgroundTraffic
from tests.outside.payer import CANCELLED, EXPIRED, PAID
from tests.outside.payment_market import PaymentMarket
from tests.site import Site, free_port
from tests.waiting import eventually
from ticketing_app.devstack.stack import ROOT

pytestmark = pytest.mark.slow

# Only its API: the pages here are of another build.
WITHOUT_PAGES = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "TICKETING_DEVSTACK": "false",
}


def run(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(words, cwd=ROOT, check=True, capture_output=True, input=given).stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as it was before the newest migration was written."""
    try:
        adds = ("--diff-filter=A", "--format=%H", "--", "alembic/versions")
        newest = run("git", "log", "-1", *adds).decode().strip()
        archive = run("git", "archive", f"{newest}^")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("The previous version is taken from git's history, which is missing here.")
    folder = tmp_path_factory.mktemp("previous")
    run("tar", "-x", "-C", str(folder), given=archive)
    return folder


@contextmanager
def running(site: Site, program: Path, *words: str) -> Generator[None]:
    """Run one of its processes on the data of the site."""
    with (site.stack.data_dir / "logs" / "previous.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=program,
            env={**os.environ, **site.stack.env, **WITHOUT_PAGES},
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def previous(site: Site, program: Path) -> Generator[str]:
    """Address of its web process, which runs beside one of its workers."""
    port = free_port()
    serve = ["--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    with ExitStack() as stack:
        stack.enter_context(running(site, program, "worker.py", "all"))
        web = ["-m", "granian", *serve, "ticketing_app.ticketing_app:app"]
        stack.enter_context(running(site, program, *web))
        yield f"http://localhost:{port}"


@pytest.fixture
async def clients(site: Site, previous: str) -> AsyncGenerator[ApiClients]:
    """Clients of the previous version; the rules are the same."""
    await eventually(lambda: is_ready(previous), seconds=60)
    async with AsyncExitStack() as stack:
        yield ApiClients(previous, stack)
    env = site.stack.env
    assert await invariants.broken_rules(env["DATABASE_URL"], env["STRIPE_API_BASE"]) == []


async def is_ready(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/api/health/ready")).is_success
        except httpx.ConnectError:
            return False


async def test_tickets_are_listed_changed_and_withdrawn(clients: ApiClients) -> None:
    seller = await clients.sign_up()
    ticket = await seller.sell()
    path = f"/api/tickets/{ticket['id']}"
    changed = await seller.put(path, json={"title": "The Paper Lanterns", "price": 35})
    assert changed.raise_for_status().json()["price"] == 35
    assert (await seller.delete(path)).is_success
    assert (await seller.get(path)).json()["status"] == "withdrawn"


async def test_orders_are_paid_released_and_expire(market: PaymentMarket) -> None:
    payers = [await market.payer() for _ in range(3)]
    await payers[0].press_pay()
    await payers[0].enter_card()
    await payers[0].settle()
    assert (await payers[1].release()).is_success
    # Jobs of this version are JSON, which a worker of the previous version cannot read: a job that it
    # takes fails, and the sweeps, which every worker runs, do the work.
    await market.probe.let_lapse(payers[2].order_id)
    for payer, end in zip(payers, (PAID, CANCELLED, EXPIRED), strict=True):
        await payer.comes_to(end)
    assert await market.stranger_gets(payers[0].ticket_id) == 409
    assert await market.stranger_gets(payers[1].ticket_id) == 201


async def test_both_versions_serve_traffic_at_once(site: Site, clients: ApiClients) -> None:
    both = (None, site.url)
    sellers = [await clients.sign_up(url) for url in both]
    buyers = [await clients.sign_up(url) for url in both for _ in range(3)]
    traffic = BackgroundTraffic(sellers, buyers)
    async with traffic.busy():
        await eventually(lambda: traffic.answers[201] > 100, seconds=60)
    # The rate limit refuses some of them.
    assert set(traffic.answers) <= {201, 204, 409, 429}
