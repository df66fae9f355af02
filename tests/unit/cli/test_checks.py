"""Findings of the doctor's checks."""

import base64
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from reflex.istate.manager.redis import NOTIFY_KEYSPACE_EVENTS

from ticketing_app.cli.checks.database import EXTENSIONS, Database, check_database
from ticketing_app.cli.checks.findings import Finding, Verdict
from ticketing_app.cli.checks.redis import (
    FLAGS,
    Notifications,
    check_notifications,
    check_page_state,
    check_redis,
)
from ticketing_app.cli.checks.settings import check_settings
from ticketing_app.cli.checks.stripe import check_endpoints
from ticketing_app.cli.checks.workers import check_facts, check_workers
from ticketing_app.cli.doctor import hide_secrets
from ticketing_app.core.queues import QUEUES
from ticketing_app.core.settings import Settings
from ticketing_app.monitoring.collector import Facts
from ticketing_app.monitoring.events import EventBacklog, SubscriberBacklog
from ticketing_app.monitoring.jobs import QueueState, WorkerState
from ticketing_app.monitoring.work import WorkBacklog
from ticketing_app.payments.gateway import client
from ticketing_app.payments.schemas import PaymentBacklog, WebhookEndpoint
from ticketing_app.payments.service.webhook import HANDLERS

PRODUCTION: dict[str, Any] = {
    "ticketing_env": "production",
    "public_url": "https://ticketing.dev",
    "database_url": "postgresql+asyncpg://gittix:pg-word@db/gittix?ssl=require",
    "redis_url": "rediss://:redis-word@redis:6379/0",
    "redis_state_url": "rediss://:state-word@redis-state:6379/0",
    "allow_plain_redis": False,
    "allow_plain_database": False,
    "jwt_key": "k" * 32,
    "stripe_secret_key": "sk_test_1",
    "stripe_publishable_key": "pk_test_1",
    "stripe_webhook_secret": "whsec_1",
    "stripe_api_base": "https://api.stripe.com",
    "stripe_js_url": "https://js.stripe.com/endive/stripe.js",
    "trusted_proxy_hops": 1,
    "files_url": "s3://tickets",
    "files_s3_access_key": "files-name",
    "files_s3_secret_key": "files-word",
    "files_key": base64.b64encode(bytes(range(32))).decode(),
    "fingerprint_key": "f" * 32,
    "operator_name": "Kite Tickets Ltd",
    "operator_address": "2 Harbour Road, Rotterdam",
    "operator_email": "help@ticketing.dev",
}


def settings_with(**changes: object) -> Settings:
    return Settings.model_validate(PRODUCTION | changes)


def verdicts(findings: Iterable[Finding]) -> dict[str, Verdict]:
    return {finding.subject: finding.verdict for finding in findings}


def wrong(findings: Iterable[Finding]) -> list[str]:
    return [subject for subject, verdict in verdicts(findings).items() if verdict == "wrong"]


class TestFinding:
    def test_has_a_remedy_only_if_wrong(self) -> None:
        assert str(Finding(Verdict.OK, "jobs", "alive.")) == "ok      jobs: alive."
        line = str(Finding(Verdict.WRONG, "jobs", "dead.", "start them."))
        assert line == "wrong   jobs: dead. To mend it: start them."


class TestCheckSettings:
    def test_accepts_production_settings(self) -> None:
        assert set(verdicts(check_settings(settings_with())).values()) == {Verdict.OK}

    @pytest.mark.parametrize(
        ("change", "subject"),
        [
            ({"public_url": "http://ticketing.dev"}, "PUBLIC_URL"),
            ({"public_url": "https://localhost"}, "PUBLIC_URL"),
            ({"database_url": "", "ticketing_env": "development"}, "DATABASE_URL"),
            ({"redis_url": "", "ticketing_env": "development"}, "REDIS_URL"),
        ],
    )
    def test_names_the_one_that_makes_no_sense(self, change: dict[str, Any], subject: str) -> None:
        assert wrong(check_settings(settings_with(**change))) == [subject]

    def test_accepts_plain_http_in_development(self) -> None:
        settings = settings_with(ticketing_env="development", public_url="http://localhost:3000")
        assert wrong(check_settings(settings)) == []

    @pytest.mark.parametrize(
        ("environment", "verdict"),
        [("production", Verdict.WRONG), ("development", Verdict.UNKNOWN)],
    )
    def test_asks_about_the_proxy_that_must_be_there(
        self, environment: str, verdict: Verdict
    ) -> None:
        settings = settings_with(trusted_proxy_hops=0, ticketing_env=environment)
        assert verdicts(check_settings(settings))["TRUSTED_PROXY_HOPS"] is verdict

    @pytest.mark.parametrize(
        ("files", "verdict"),
        [
            ({"imprint.md": b"Kite", "help.buying.md": b"How"}, Verdict.OK),
            ({}, Verdict.OK),
            ({"impint.md": b"Kite"}, Verdict.WRONG),
            ({"imprint.txt": b"Kite"}, Verdict.WRONG),
            ({"imprint.md": b"\xff"}, Verdict.WRONG),
            (None, Verdict.UNKNOWN),
        ],
    )
    def test_names_own_pages_that_cannot_be_used(
        self, tmp_path: Path, files: dict[str, bytes] | None, verdict: Verdict
    ) -> None:
        folder = tmp_path / "own"
        if files is not None:
            folder.mkdir()
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        [found] = [
            finding
            for finding in check_settings(settings_with(content_dir=folder))
            if finding.subject == "CONTENT_DIR"
        ]
        assert found.verdict is verdict
        assert verdict is not Verdict.WRONG or next(iter(files or {})) in found.detail


class TestCheckDatabase:
    GOOD = Database(15, EXTENSIONS | {"plpgsql"}, "0002", timedelta(seconds=0.1))

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({}, []),
            ({"version": 14}, ["PostgreSQL"]),
            ({"extensions": frozenset({"unaccent"})}, ["extensions"]),
            ({"revision": "0001"}, ["schema"]),
            ({"revision": None}, ["schema"]),
            ({"ahead": timedelta(seconds=-9)}, ["clocks"]),
            ({"unlimited": frozenset({"lock_timeout"})}, ["time limits"]),
        ],
    )
    def test_names_what_is_wrong(self, change: dict[str, Any], expected: list[str]) -> None:
        found = self.GOOD._replace(**change)
        assert wrong(check_database(found, ["0002", "0001"])) == expected

    def test_newer_schema_is_unknown(self) -> None:
        found = verdicts(check_database(self.GOOD, ["0001"]))
        assert found["schema"] is Verdict.UNKNOWN


class TestCheckRedis:
    @pytest.mark.parametrize(
        ("info", "expected"),
        [
            ({"redis_version": "7.4.0", "redis_mode": "standalone"}, []),
            ({"redis_version": "7.2.4", "valkey_version": "9.1.0", "server_mode": "sentinel"}, []),
            ({"redis_version": "6.2.1", "redis_mode": "standalone"}, ["Redis"]),
            ({"redis_version": "8.0.0", "maxmemory_policy": "allkeys-lru"}, ["eviction"]),
            ({"redis_version": "8.0.0", "redis_mode": "cluster"}, ["Redis mode"]),
        ],
    )
    def test_names_what_is_wrong(self, info: dict[str, Any], expected: list[str]) -> None:
        assert wrong(check_redis(info)) == expected


class TestCheckPageState:
    MAIN: ClassVar[dict[str, Any]] = {"run_id": "a"}
    GOOD: ClassVar[dict[str, Any]] = {
        "run_id": "b",
        "maxmemory": 64 * 2**20,
        "maxmemory_policy": "volatile-lru",
    }

    @pytest.mark.parametrize(
        ("change", "verdict", "words"),
        [
            ({}, Verdict.OK, "64 MiB, volatile-lru."),
            ({"maxmemory_policy": "allkeys-lru"}, Verdict.OK, "64 MiB, allkeys-lru."),
            ({"maxmemory_policy": "noeviction"}, Verdict.WRONG, "volatile-lru"),
            ({"maxmemory": 0}, Verdict.WRONG, "no limit of memory"),
            ({"run_id": "a"}, Verdict.WARNING, "REDIS_STATE_URL"),
        ],
    )
    def test_requires_a_separate_server_that_evicts(
        self, change: dict[str, Any], verdict: Verdict, words: str
    ) -> None:
        [finding] = check_page_state(self.GOOD | change, self.MAIN)
        assert finding.verdict is verdict
        assert words in str(finding)

    def test_checks_it_while_the_main_server_is_down(self) -> None:
        assert verdicts(check_page_state(self.GOOD, {})) == {"page state": Verdict.OK}


class TestCheckNotifications:
    @pytest.mark.parametrize(
        ("flags", "may_be_set", "is_refusal_ignored", "verdict"),
        [
            ("", True, False, Verdict.OK),
            (FLAGS, True, False, Verdict.OK),
            (FLAGS, False, True, Verdict.OK),
            ("KEA", False, True, Verdict.OK),
            (FLAGS, False, False, Verdict.WRONG),
            ("", False, True, Verdict.WRONG),
            ("EA", False, True, Verdict.WRONG),
            ("Kx", False, True, Verdict.WRONG),
            (None, False, False, Verdict.WRONG),
            (None, False, True, Verdict.UNKNOWN),
        ],
    )
    def test_checks_the_flags(
        self, flags: str | None, *, may_be_set: bool, is_refusal_ignored: bool, verdict: Verdict
    ) -> None:
        found = check_notifications(Notifications(flags, may_be_set), is_refusal_ignored)
        assert found.verdict is verdict

    def test_remedy_names_the_flags(self) -> None:
        line = str(check_notifications(Notifications("", may_be_set=False), False))  # noqa: FBT003
        assert f'start Redis with notify-keyspace-events "{FLAGS}"' in line
        assert "REFLEX_IGNORE_REDIS_CONFIG_ERROR=true" in line

    def test_flags_are_those_of_reflex(self) -> None:
        assert FLAGS == NOTIFY_KEYSPACE_EVENTS


class TestCheckEndpoints:
    OURS = WebhookEndpoint(
        "https://ticketing.dev/api/stripe/webhook",
        is_enabled=True,
        api_version=client.API_VERSION,
        kinds=frozenset(HANDLERS),
    )

    @staticmethod
    def check(*endpoints: WebhookEndpoint) -> list[str]:
        found = check_endpoints(endpoints, "https://ticketing.dev/")
        return [str(finding) for finding in found if finding.verdict is Verdict.WRONG]

    def test_accepts_the_documented_endpoint(self) -> None:
        every = WebhookEndpoint(
            self.OURS.url, is_enabled=True, api_version=client.API_VERSION, kinds=frozenset("*")
        )
        assert self.check(self.OURS) == self.check(every) == []

    def test_reports_a_missing_endpoint(self) -> None:
        other = WebhookEndpoint("https://else.test/hook", True, None, frozenset("*"))  # noqa: FBT003
        [line] = self.check(other)
        assert "there is no endpoint for this site" in line
        assert "register https://ticketing.dev/api/stripe/webhook" in line

    def test_reports_a_disabled_endpoint(self) -> None:
        off = WebhookEndpoint(self.OURS.url, False, client.API_VERSION, self.OURS.kinds)  # noqa: FBT003
        [line] = self.check(off)
        assert "ours is switched off" in line

    def test_names_kinds_that_are_not_sent_and_the_wrong_version(self) -> None:
        kinds = self.OURS.kinds - {"refund.failed"}
        old = WebhookEndpoint(self.OURS.url, True, None, kinds)  # noqa: FBT003
        missing, version = self.check(old)
        assert "not sent: refund.failed." in missing
        assert f"the default of the account, the SDK's is {client.API_VERSION}" in version


class TestCheckFacts:
    PAYMENTS = PaymentBacklog({"due": 0}, {"dispute": 0})
    EVENTS = EventBacklog(
        0, 0, is_relay_alive=True, subscribers={"on_x": SubscriberBacklog(0, 0, 0)}
    )
    IDLE = WorkBacklog(0, 0, 0)
    GOOD = Facts(0, EVENTS, PAYMENTS, {"notices.mail": IDLE})

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            (GOOD, []),
            (GOOD._replace(expiry_lag_seconds=61), ["work"]),
            (GOOD._replace(events=EVENTS._replace(is_relay_alive=False)), ["relay"]),
            (GOOD._replace(events=EVENTS._replace(oldest_unsent_seconds=61)), ["work"]),
            (
                GOOD._replace(
                    events=EVENTS._replace(subscribers={"on_x": SubscriberBacklog(61, 0, 2)})
                ),
                ["work", "dead letters"],
            ),
            (GOOD._replace(payments=PAYMENTS._replace(alerts={"dispute": 1})), ["alerts"]),
            (GOOD._replace(work={"x": IDLE._replace(lag_seconds=61)}), ["work"]),
            (GOOD._replace(work={"x": IDLE._replace(failing=1)}), ["failed work"]),
            (GOOD._replace(work={"x": IDLE._replace(dead=1)}), ["failed work"]),
        ],
    )
    def test_names_what_is_wrong(self, facts: Facts, expected: list[str]) -> None:
        assert wrong(check_facts(facts)) == expected


class TestCheckWorkers:
    def test_names_missing_roles(self) -> None:
        well: dict[str, QueueState] = dict.fromkeys(QUEUES, QueueState(0, 0, is_worked=True))
        alive = WorkerState(well, is_scheduler_alive=True, is_consumer_alive=True)
        assert wrong(check_workers(alive)) == []
        left: dict[str, QueueState] = dict.fromkeys(QUEUES, QueueState(3, 61, is_worked=False))
        dead = WorkerState(left, is_scheduler_alive=False, is_consumer_alive=False)
        assert wrong(check_workers(dead)) == [
            "scheduler", "jobs", "outside", "consumer", *(f"queue {name}" for name in QUEUES)
        ]  # fmt: skip


class TestHideSecrets:
    def test_masks_secrets_in_errors(self) -> None:
        settings = settings_with()
        urls = (settings.database_url, settings.redis_url, settings.redis_state_url)
        quoted = " ".join(url.get_secret_value() for url in urls)
        line = f"no: {quoted} {settings.jwt_key.get_secret_value()} sk_test_1 whsec_1"
        hidden = hide_secrets(line, settings)
        assert hidden == (
            "no: postgresql+asyncpg://gittix:***@db/gittix?ssl=require rediss://:***@redis:6379/0"
            " rediss://:***@redis-state:6379/0 *** *** ***"
        )
