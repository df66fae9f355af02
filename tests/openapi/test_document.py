"""Schemathesis: no 5xx, and no answer that the document does not describe."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests import factories
from tests.check import environment_without_settings
from tests.openapi.hooks import PASSWORD
from tests.site import free_port
from ticketing_app.core.settings import Settings
from ticketing_app.devstack.stack import ROOT, Stack

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SECONDS = 60
TICKETS = 300
MANY = "100000"
SERVE = """
from ticketing_app.core import server
from ticketing_app.subscriptions import WORK
from ticketing_app.work import jobs

jobs.register(WORK)
server.serve("ticketing_app.api:create_api", host="127.0.0.1", port={port})
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def url(stack: Stack, tmp_path: Path) -> Generator[str]:
    """An API process without limits on the stack of these tests."""
    port = free_port()
    no_limits = {
        name.upper(): "0" for name in Settings.model_fields if re.search(r"_limit_per_", name)
    }
    settings = {
        **environment_without_settings(),
        **stack.env,
        **no_limits,
        "MAX_OPEN_HOLDS": MANY,
        "MAX_OPEN_LISTINGS": "0",
        "HOLD_COOLDOWN_SECONDS": "0",
        "TICKETING_DATA_DIR": str(stack.data_dir),
    }
    command = [sys.executable, "-c", SERVE.format(port=port)]
    with (
        (tmp_path / "api.log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport) as client:
            assert client.get(f"{address}/api/health/live").status_code == 200
        yield address
        process.terminate()
    assert "http.crash" not in (tmp_path / "api.log").read_text()


def sign_up(url: str) -> httpx.Client:
    """Return a signed-in client."""
    client = httpx.Client(base_url=url)
    email = f"{uuid4().hex}@gittix.test"
    assert client.post("/api/users/signup", json={"email": email, "password": PASSWORD}).is_success
    client.headers["x-email"] = email
    return client


@pytest.fixture
async def cities(database: None) -> None:  # noqa: ARG001  # order only.
    await factories.make_cities()


@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize(
    ("phases", "paths"),
    [("examples,coverage,fuzzing", "/"), ("stateful", "/(tickets|orders|payments|events)")],
)
def test_api_matches_its_document(url: str, tmp_path: Path, phases: str, paths: str) -> None:
    with (
        closing(sign_up(url)) as seller,
        closing(sign_up(url)) as buyer,
        closing(sign_up(url)) as guest,
    ):
        tickets = [
            seller.post("/api/tickets", json={"title": f"No. {number}", "price": 1}).json()["id"]
            for number in range(TICKETS)
        ]
        env = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.openapi.hooks",
            "PYTHONPATH": str(ROOT),
            "OPENAPI_URL": url,
            "OPENAPI_TICKETS": " ".join(tickets),
            "OPENAPI_CITY": str(factories.CITIES["Porto"][0]),
            "OPENAPI_COOKIE": f"session={buyer.cookies['session']}",
            "OPENAPI_MADE": str(tmp_path / "made"),
            "OPENAPI_GUEST": guest.headers["x-email"],
        }
        program = Path(sys.executable).parent / "schemathesis"
        command = [
            *(str(program), "run", f"{url}/api/openapi.json", "--checks", CHECKS),
            *("--phases", phases, "--include-path-regex", paths),
            *("--max-time", str(SECONDS), "--seed", "16", "--max-examples", "25"),
            *("--generation-database", "none", "--no-color", "--continue-on-failure"),
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=env, check=False, capture_output=True, text=True
        )
        print(done.stdout[-8000:], done.stderr[-2000:])
        assert done.returncode == 0
        assert buyer.get("/api/users/currentuser").json()["currentUser"], "It signed itself out."
        made = tmp_path / "made"
        print("made:", sorted(made.read_text().split()) if made.exists() else "nothing")
        # Scenarios are drawn anew on each machine; the fuzzing reaches them every time.
        if phases != "stateful":
            assert {"events", "orders", "payments"} <= set(made.read_text().split())
