"""Tests of the manifests on a real cluster, through its ingress; run by k8s/lab/run."""

import re
import sys
import urllib.request
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from k8s.lab.cluster import Cluster
from k8s.lab.rush import rush
from tests_e2e.steps import SECURE_CARD, Visitor, answer_challenge
from ticketing_app.processes import ROLES

RECONNECT_MS = 60_000


def report(line: str) -> None:
    sys.stdout.write(f"\n    {line}\n")


class TestPods:
    @pytest.mark.parametrize("component", ["web", "worker", "frontend"])
    def test_run_unprivileged_on_a_read_only_root(self, cluster: Cluster, component: str) -> None:
        probe = "id -u; touch /app.txt /app/x 2>&1 | grep -c Read-only"
        output = cluster.kubectl("exec", f"deployment/{component}", "--", "sh", "-c", probe)
        assert output.split() == ["10001", "2" if component != "frontend" else "1"]

    def test_export_metrics(self, cluster: Cluster) -> None:
        exporters = 0
        for component in ("web", "worker"):
            for pod in cluster.pods(component):
                (container,) = pod["spec"]["containers"]
                for port in container["ports"]:
                    if port["name"].startswith("metrics"):
                        url = f"http://{pod['status']['podIP']}:{port['containerPort']}/metrics"
                        assert b"gittix_build_info" in urllib.request.urlopen(url).read()
                        exporters += 1
        assert exporters == 2 * (1 + len(ROLES))


class TestSite:
    def test_sells_a_ticket_with_3d_secure(self, visitor: Callable[..., Visitor]) -> None:
        title = f"Kites {uuid4().hex[:6]}"
        buyer, watcher = visitor(), visitor(signed_in=False)
        ticket_id = visitor().sell(title)
        watched = watcher.open(f"/?q={title}")
        buyer.purchase(ticket_id)
        expect(watched.get_by_role("listitem").filter(has_text=title)).to_contain_text("Locked")
        buyer.open_payment()
        buyer.pay(SECURE_CARD)
        answer_challenge(buyer.page, complete=True)
        expect(buyer.page.get_by_text("The seller sends you the ticket")).to_be_visible()
        expect(watched.get_by_role("listitem").filter(has_text=title)).to_contain_text("Sold")


class TestRollout:
    def test_loses_no_purchase_and_no_page(
        self, cluster: Cluster, visitor: Callable[..., Visitor]
    ) -> None:
        title = f"Kites {uuid4().hex[:6]}"
        watcher, seller, buyer = visitor(signed_in=False), visitor(), visitor()
        ticket_id = seller.sell(title)
        watched, form = watcher.open(f"/?q={title}"), seller.open("/tickets/new")
        form.get_by_label("Title", exact=True).fill("Half a Form")
        with rush(cluster, buyers=4) as crowd:
            crowd.wait_for(5)
            for component in ("web", "worker", "frontend"):
                cluster.kubectl("rollout", "restart", f"deployment/{component}")
            for component in ("web", "worker", "frontend"):
                cluster.wait_until_ready(component)
            crowd.wait_for(15)
        report(f"rollout: {crowd.finished} purchases, {len(crowd.failures)} failed,"
               f" longest pause {crowd.longest_pause:.1f} s")  # fmt: skip
        assert crowd.failures == []
        buyer.hold(ticket_id)
        row = watched.get_by_role("listitem").filter(has_text=title)
        expect(row).to_contain_text("Locked", timeout=RECONNECT_MS)
        assert watched.url.endswith(f"/?q={title}".replace(" ", "%20"))
        expect(form.get_by_label("Title", exact=True)).to_have_value("Half a Form")
        form.get_by_label("Price", exact=True).fill("35")
        form.get_by_role("button", name="Submit").click()
        expect(form).to_have_url(re.compile(r"/tickets/[0-9a-f-]{36}"), timeout=RECONNECT_MS)


class TestKilledPods:
    @pytest.mark.parametrize(
        "component",
        ["web", "worker", "frontend", "valkey", "valkey-state", "stripe", "postgres"],
    )
    def test_break_no_rule_and_no_page_and_come_back(
        self, cluster: Cluster, visitor: Callable[..., Visitor], component: str
    ) -> None:
        title = f"Kites {uuid4().hex[:6]}"
        watcher, buyer = visitor(signed_in=False), visitor()
        ticket_id = visitor().sell(title)
        watched, opened = watcher.open(f"/?q={title}"), buyer.open(f"/tickets/{ticket_id}")
        with rush(cluster, buyers=4) as crowd:
            crowd.wait_for(5)
            seconds = cluster.kill(component)
            crowd.wait_for(10)
        report(f"{component} killed: all ready again after {seconds:.1f} s, {crowd.finished} purchases,"
               f" {len(crowd.failures)} failed, longest pause {crowd.longest_pause:.1f} s")  # fmt: skip
        assert cluster.broken_rules() == []
        opened.get_by_role("button", name="Purchase").click()
        expect(opened).to_have_url(re.compile("/orders/"), timeout=RECONNECT_MS)
        row = watched.get_by_role("listitem").filter(has_text=title)
        expect(row).to_contain_text("Locked", timeout=RECONNECT_MS)

    def test_leave_nothing_behind(self, cluster: Cluster) -> None:
        cluster.settle_down()
        assert cluster.broken_rules(settled=True) == []


class TestBackup:
    def test_restores_everything(self, cluster: Cluster, visitor: Callable[..., Visitor]) -> None:
        scale = "scale", "deployment/web", "deployment/worker", "--replicas"
        cluster.kubectl(*scale, "0")
        for component in ("web", "worker"):
            cluster.kubectl(
                "wait", "--for=delete", "--timeout=120s",
                "pod", "--selector", f"app.kubernetes.io/component={component}",
            )  # fmt: skip
        before = cluster.sums()
        cluster.run_job_of("backup", "backup-now")
        cluster.drop_everything()
        cluster.run_job_of("restore", "restore-now")
        assert cluster.sums() == before
        report(f"restored: {before}")
        cluster.kubectl(*scale, "2")
        for component in ("web", "worker"):
            cluster.wait_until_ready(component)
        cluster.wait_until_served()
        buyer = visitor()
        buyer.pay_for(buyer_order := buyer.hold(visitor().sell()))
        assert buyer.order(buyer_order)["status"] == "completed"
        assert cluster.broken_rules() == []
