"""The cluster that k8s/lab/run made: what kubectl tells of it, and where its parts are."""

import asyncio
import json
import subprocess
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tests import invariants
from tests.outside.api_client import ApiClient
from tests.outside.database_probe import DatabaseProbe
from tests.outside.emulator_client import EmulatorClient
from tests.outside.payment_market import MAKE_DUE
from tests.waiting import eventually

Result = TypeVar("Result")
STAND_INS = Path(__file__).parents[1] / "overlays" / "dev" / "stand-ins.env"
READY_SECONDS = 240
SETTLE_SECONDS = 240
"""Jobs come when it is their turn, as in production."""


class Cluster:
    """Runs in the network of the node, which reaches pods and services by their addresses."""

    url = "https://ticketing.dev"

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl in our namespace; return what it prints.

        Raises:
            CalledProcessError: it refuses.
        """
        command = ("kubectl", "--namespace", "ticketing", *arguments)
        return subprocess.run(
            command, input=given, stdout=subprocess.PIPE, check=True, text=True
        ).stdout

    def get(self, *arguments: str) -> Any:  # noqa: ANN401  # JSON.
        """Return what kubectl gets."""
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def pods(self, component: str) -> list[Any]:
        """Return the pods of a component that are to stay."""
        found = self.get("pods", "--selector", f"app.kubernetes.io/component={component}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def wait_until_ready(self, component: str) -> None:
        """Return when every pod of a component that there should be is there and ready."""
        kind = "statefulset" if component == "postgres" else "deployment"
        self.kubectl("rollout", "status", f"{kind}/{component}", f"--timeout={READY_SECONDS}s")

    def wait_until_served(self) -> None:
        """Return when the ingress knows of a web pod: it looks for them every second."""
        run(eventually(self._is_served, seconds=READY_SECONDS))

    async def _is_served(self) -> bool:
        async with ApiClient(self.url) as anybody:
            return (await anybody.get("/api/health/live")).is_success

    def kill(self, component: str) -> float:
        """Kill one pod of a component without a warning; return how many seconds it was missed."""
        name = self.pods(component)[0]["metadata"]["name"]
        started = time.monotonic()
        self.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=true")
        self.wait_until_ready(component)
        return time.monotonic() - started

    def run_job_of(self, cron_job: str, name: str) -> str:
        """Let a CronJob's job run now, as `kubectl create job --from`; return what it says."""
        template = self.get("cronjob", cron_job)["spec"]["jobTemplate"]
        job = template | {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
        self.kubectl("create", "--filename", "-", given=json.dumps(job))
        self.kubectl(
            "wait", "--for=condition=complete", f"--timeout={READY_SECONDS}s", f"job/{name}"
        )
        return self.kubectl("logs", f"job/{name}")

    @property
    def env(self) -> dict[str, str]:
        """The settings of the installation, with addresses as they are from here at the moment."""
        lines = [line for line in STAND_INS.read_text().splitlines() if line[:1] not in {"", "#"}]
        env = dict(line.split("=", 1) for line in lines)
        database = self.pods("postgres")[0]["status"]["podIP"]
        redis, stripe = (
            self.get("service", name)["spec"]["clusterIP"] for name in ("valkey", "stripe")
        )
        return env | {
            "DATABASE_URL": env["DATABASE_URL"].replace("@postgres:", f"@{database}:"),
            "REDIS_URL": env["REDIS_URL"].replace("@valkey:", f"@{redis}:"),
            "STRIPE_API_BASE": f"http://{stripe}:8080",
            "PUBLIC_URL": self.url,
        }

    def broken_rules(self, *, settled: bool = False) -> list[str]:
        """Return a sentence for each broken rule of the product."""
        urls = self.env["DATABASE_URL"], self.env["STRIPE_API_BASE"]
        return run(invariants.broken_rules(*urls, settled=settled))

    def settle_down(self) -> None:
        """Let all holds end, every webhook arrive, and all work be done that this makes."""
        run(self._settle_down())

    async def _settle_down(self) -> None:
        probe, stripe = DatabaseProbe(self.env), EmulatorClient(self.env)
        try:
            held = "SELECT id FROM orders WHERE status IN ('created', 'awaiting_payment')"
            for order in await probe.rows(held):
                await probe.let_lapse(order["id"])
            for statement in MAKE_DUE:
                await probe.rows(statement)
            await stripe.resend_undelivered()
            await eventually(probe.is_all_done, seconds=SETTLE_SECONDS)
        finally:
            await probe.redis.aclose()
            await stripe.close()

    def sums(self) -> dict[str, Any]:
        """Return how many rows each table has, and what orders and charges come to."""
        return run(self._sums())

    async def _sums(self) -> dict[str, Any]:
        probe = DatabaseProbe(self.env)
        try:
            tables = await probe.rows(
                "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            )
            counts = {
                table["name"]: await probe.rows(f'SELECT count(*) FROM "{table["name"]}"')
                for table in tables
            }
            money = "SELECT status, count(*), sum({}) FROM {} GROUP BY 1 ORDER BY 1"
            return counts | {
                "money of orders": await probe.rows(money.format("price_cents", "orders")),
                "money of charges": await probe.rows(money.format("amount_cents", "charges")),
            }
        finally:
            await probe.redis.aclose()

    def drop_everything(self) -> None:
        """Lose all data, as with the machine that had them."""
        run(self._drop_everything())

    async def _drop_everything(self) -> None:
        probe = DatabaseProbe(self.env)
        await probe.rows("DROP SCHEMA public CASCADE")
        await probe.redis.flushall()
        await probe.redis.aclose()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it on a loop of its own: Playwright has one in the thread of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
