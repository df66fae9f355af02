"""A real pretix in an environment of its own. It is AGPL: it judges the stand-in and is no dependency."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typing_extensions import override

from tests.pretix.target import EVENT, ORGANIZER, SELLER, TOKEN, Sold, Target
from tests.site import free_port

PACKAGE = "pretix==2026.8.0"
# A virtual environment with the package; without it the test installs one.
ENVIRONMENT = "PRETIX_VENV"
SERVER = Path(__file__).with_name("real_server.py")
CONFIGURATION = """
[pretix]
url={url}
datadir={folder}
[database]
backend=sqlite3
name={folder}/db.sqlite3
[mail]
host=127.0.0.1
port=1
[django]
secret=only-for-the-tests-on-this-machine
[locale]
default=en
timezone=UTC
"""


class RealPretix(Target):
    def __init__(self, python: Path, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        file = folder / "pretix.cfg"
        file.write_text(CONFIGURATION.format(url=self.url, folder=folder))
        environment = {
            "PATH": os.environ["PATH"],
            "PRETIX_CONFIG_FILE": str(file),
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "pretix.settings",
        }
        subprocess.run(
            [python, "-m", "pretix", "migrate", "--noinput"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with (folder / "server.log").open("w") as log:
            self._process = subprocess.Popen(
                [python, SERVER, str(port), ORGANIZER, EVENT, TOKEN],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout
        # Written when the server listens.
        self._list = json.loads(self._process.stdout.readline())["list"]

    @override
    def sell(self, count: int = 1, *, status: str = "p", in_account: bool = False) -> Sold:
        made = self._control(
            "sell", email=SELLER, count=count, status=status, in_account=in_account
        )
        return Sold(made["code"], self.url + made["path"], made["secrets"])

    @override
    def scan(self, secret: str) -> str:
        scan = {"lists": [self._list], "secret": secret, "source_type": "barcode"}
        answer = self._api("POST", f"organizers/{ORGANIZER}/checkinrpc/redeem/", scan)
        return answer.get("reason") or answer["status"]

    @override
    def open_link(self, link: str) -> int:
        return httpx.get(link, timeout=60, follow_redirects=True).status_code

    @override
    def email_of(self, secret: str) -> str:
        return self._control("email_of", secret=secret)

    def draw(self, secret: str) -> bytes:
        """Return the PDF of a ticket as its seller got it."""
        root = f"{self.url}/api/v1/organizers/{ORGANIZER}/events/{EVENT}/orderpositions/"
        with httpx.Client(headers=HEADERS, timeout=60) as client:
            found = client.get(root, params={"secret": secret}).json()["results"][0]
            address = found["downloads"][0]["url"]
            client.get(address)
            return client.get(address).raise_for_status().content

    @override
    def close(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def _control(self, name: str, **values: object) -> Any:  # noqa: ANN401  # JSON.
        answer = httpx.post(f"{self.url}/test/{name}", json=values, timeout=60)
        return answer.raise_for_status().json()

    def _api(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401  # JSON.
        address = f"{self.url}/api/v1/{path}"
        return httpx.request(method, address, json=body, headers=HEADERS, timeout=60).json()


HEADERS = {"Authorization": f"Token {TOKEN}"}


def find_python(folder: Path) -> Path:
    """Return the Python of the given environment, or install pretix into a new one."""
    given = os.environ.get(ENVIRONMENT)
    environment = Path(given) if given else folder
    python = environment / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", PACKAGE]
        installed = subprocess.run(pip, check=False, capture_output=True, text=True)
        if installed.returncode:
            pytest.skip(f"{PACKAGE} cannot be installed: {installed.stderr[-500:]}")
    return python
