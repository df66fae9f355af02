"""Access to the cluster that k8s/lab/run starts."""

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
"""As long as in production, since jobs run on their usual schedule."""


class Cluster:
    """Used inside the node's network, where pods and services are reachable by address."""

    url = "https://ticketing.dev"

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl in our namespace and return its output.

        Raises:
            CalledProcessError: The command fails.
        """
        command = ("kubectl", "--namespace", "ticketing", *arguments)
        return subprocess.run(
            command, input=given, stdout=subprocess.PIPE, check=True, text=True
        ).stdout

    def get(self, *arguments: str) -> Any:  # noqa: ANN401  # JSON.
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def pods(self, component: str) -> list[Any]:
        """Return the pods of a component that are not being deleted."""
        found = self.get("pods", "--selector", f"app.kubernetes.io/component={component}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def wait_until_ready(self, component: str) -> None:
        kind = "statefulset" if component == "postgres" else "deployment"
        self.kubectl("rollout", "status", f"{kind}/{component}", f"--timeout={READY_SECONDS}s")

    def wait_until_served(self) -> None:
        """Wait until the ingress, which polls every second, has found a web pod."""
        run(eventually(self._is_served, seconds=READY_SECONDS))

    async def _is_served(self) -> bool:
        async with ApiClient(self.url) as client:
            return (await client.get("/api/health/live")).is_success

    def kill(self, component: str) -> float:
        """Kill one pod of a component; return the seconds until all are ready again."""
        name = self.pods(component)[0]["metadata"]["name"]
        started = time.monotonic()
        self.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=true")
        self.wait_until_ready(component)
        return time.monotonic() - started

    def run_job_of(self, cron_job: str, name: str) -> str:
        """Run a CronJob now, as `kubectl create job --from` does; return its log."""
        template = self.get("cronjob", cron_job)["spec"]["jobTemplate"]
        job = template | {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
        self.kubectl("create", "--filename", "-", given=json.dumps(job))
        self.kubectl(
            "wait", "--for=condition=complete", f"--timeout={READY_SECONDS}s", f"job/{name}"
        )
        return self.kubectl("logs", f"job/{name}")

    @property
    def env(self) -> dict[str, str]:
        """Return the settings of the installation, with addresses that are reachable from here."""
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
        env = self.env
        rules = invariants.broken_rules(
            env["DATABASE_URL"], env["STRIPE_API_BASE"], settled=settled
        )
        return run(rules)

    def settle_down(self) -> None:
        """End all holds, deliver every webhook, and wait until all resulting work is done."""
        run(self._settle_down())

    async def _settle_down(self) -> None:
        probe = DatabaseProbe(self.env)
        stripe = EmulatorClient(self.env)
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
        """Return the number of rows per table, and the totals of orders and charges."""
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
        """Delete all data, as the loss of the machine would."""
        run(self._drop_everything())

    async def _drop_everything(self) -> None:
        probe = DatabaseProbe(self.env)
        await probe.rows("DROP SCHEMA public CASCADE")
        await probe.redis.flushall()
        await probe.redis.aclose()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run on an event loop in another thread, since Playwright's runs in the tests' thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
