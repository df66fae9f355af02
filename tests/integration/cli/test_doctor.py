"""`doctor` on healthy and on broken installations."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
from redis.asyncio import Redis

from tests.integration.cli.command_line import run
from tests.integration.messaging.samples import column
from tests.site import free_port
from ticketing_app.cli.checks.mail import check_mail
from ticketing_app.cli.checks.site import check_pages, check_site
from ticketing_app.cli.checks.stripe import check_stripe
from ticketing_app.core import db, redis
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import build_stamp
from ticketing_app.notices.gateway import smtp
from ticketing_app.payments.gateway import client

pytestmark = pytest.mark.usefixtures("database")


async def examine() -> tuple[int, dict[str, str]]:
    """Return the exit status, and verdict and detail by subject."""
    code, out, err = await run("doctor")
    assert "Traceback" not in err
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    return code, {
        rest.partition(": ")[0]: f"{verdict} {rest.partition(': ')[2]}" for verdict, rest in lines
    }


class TestDoctor:
    async def test_reports_workers_and_site_that_do_not_run(self) -> None:
        code, findings = await examine()
        assert code == 1
        assert {name for name, words in findings.items() if words.startswith("wrong")} >= {
            "relay",
            "scheduler",
            "jobs",
            "outside",
            "consumer",
            "site",
        }
        assert findings["relay"] == (
            "wrong no process has this role. To mend it: start python worker.py relay, or all."
        )
        healthy = "settings PostgreSQL extensions schema clocks Redis Stripe mail uploads"
        for name in healthy.split():
            assert findings[name].startswith("ok"), findings[name]
        assert findings["webhooks"] == "unknown a stand-in has no endpoints to ask about."

    async def test_reports_dead_letters_and_alerts(self) -> None:
        await column(
            "INSERT INTO payment_alerts (id, kind, subject, detail, seen, first_seen_at, last_seen_at)"
            " VALUES (gen_random_uuid(), 'dispute', 'dp_1', 'A dispute.', 1, now(), now()) RETURNING id"
        )
        _, findings = await examine()
        assert findings["alerts"].startswith("wrong 1 open. To mend it: list them by `alerts`")
        await column("DELETE FROM payment_alerts RETURNING id")

    async def test_reports_missing_cities(self) -> None:
        _, findings = await examine()
        assert findings["cities"].startswith("wrong some or all are missing")

    async def test_reports_an_old_schema(self) -> None:
        [newest] = await column("SELECT version_num FROM alembic_version")
        await column("UPDATE alembic_version SET version_num = '0001' RETURNING 1")
        try:
            _, findings = await examine()
        finally:
            await column("UPDATE alembic_version SET version_num = :at RETURNING 1", at=newest)
        assert findings["schema"] == (
            f"wrong at 0001, the newest is {newest}. To mend it: run python -m ticketing_app migrate."
        )

    async def test_reports_outages_without_secrets(
        self, change_settings: Callable[..., None]
    ) -> None:
        port = free_port()
        change_settings(
            database_url=f"postgresql+asyncpg://gittix:pg-word@127.0.0.1:{port}/gittix",
            redis_url=f"redis://:redis-word@127.0.0.1:{port}/0",
            redis_state_url=f"redis://:state-word@127.0.0.1:{port}/0",
            reflex_state_manager_mode="redis",
        )
        code, out, err = await run("doctor")
        assert code == 1
        assert "wrong   PostgreSQL: ConnectionRefusedError" in out
        assert "wrong   Redis: ConnectionError" in out
        assert "wrong   page state: ConnectionError" in out
        assert "ok      Stripe" in out
        assert "-word" not in out + err

    async def test_checks_the_redis_of_page_state(
        self, change_settings: Callable[..., None]
    ) -> None:
        _, findings = await examine()
        assert "page state" not in findings
        change_settings(reflex_state_manager_mode="redis")
        _, findings = await examine()
        assert findings["page state"] == "ok 64 MiB, volatile-lru."
        assert findings["eviction"] == "ok noeviction."
        change_settings(redis_state_url="")
        _, findings = await examine()
        assert findings["page state"] == (
            "warning in the Redis of jobs and rate limits, which visitors can fill."
            " To mend it: point REDIS_STATE_URL to a second server."
        )

    async def test_names_an_unreadable_setting(self, change_settings: Callable[..., None]) -> None:
        change_settings(order_hold_seconds="soon")
        code, out, err = await run("doctor")
        assert (code, out) == (1, "")
        assert err == "Set ORDER_HOLD_SECONDS to a number from 1 to 86400.\n"


class TestNotifications:
    @pytest.fixture
    async def narrow_url(self) -> AsyncGenerator[str]:
        """Return the address of the pages' Redis for a user without CONFIG SET."""
        client = redis.page_state_client()
        await client.execute_command("ACL SETUSER narrow on >word ~* &* +@all -config|set")
        yield get_settings().redis_state_url.get_secret_value().replace("://", "://narrow:word@")
        await client.execute_command("ACL DELUSER narrow")
        await client.config_set("notify-keyspace-events", "")

    async def test_are_checked_only_with_page_state_in_redis(self) -> None:
        _, findings = await examine()
        assert "notifications" not in findings

    async def test_may_be_enabled_by_reflex(self, change_settings: Callable[..., None]) -> None:
        await redis.page_state_client().config_set("notify-keyspace-events", "")
        change_settings(reflex_state_manager_mode="redis")
        _, findings = await examine()
        assert findings["notifications"].startswith("ok")
        [flags] = (await redis.page_state_client().config_get("notify-keyspace-events")).values()
        assert flags == ""

    async def test_must_be_enabled_where_reflex_may_not(
        self, narrow_url: str, change_settings: Callable[..., None]
    ) -> None:
        change_settings(redis_state_url=narrow_url, reflex_state_manager_mode="redis")
        _, findings = await examine()
        assert findings["notifications"].startswith("wrong none seen; Reflex may not change them.")
        client = Redis.from_url(
            get_settings().redis_state_url.get_secret_value().replace("narrow:word@", "")
        )
        await client.config_set("notify-keyspace-events", "KEA")
        await client.aclose()
        change_settings(reflex_ignore_redis_config_error="true")
        _, findings = await examine()
        assert findings["notifications"].startswith("ok")


class TestCheckMail:
    async def check(self) -> str:
        try:
            return str(await check_mail(get_settings()))
        finally:
            await smtp.close_connections()

    async def test_names_a_server_that_does_not_answer(
        self, change_settings: Callable[..., None]
    ) -> None:
        change_settings(mail_url=f"smtp://127.0.0.1:{free_port()}")
        line = await self.check()
        assert line.startswith("wrong   mail: SMTPConnectError")
        assert "check MAIL_URL" in line

    async def test_warns_without_a_server(self, change_settings: Callable[..., None]) -> None:
        change_settings(mail_url="")
        assert (await self.check()).startswith("warning mail: MAIL_URL is not set")


class TestCheckStripe:
    @pytest.fixture(autouse=True)
    def _as_if_it_were_stripe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Patch the list of endpoints, since the emulator has none."""
        monkeypatch.setattr(
            "ticketing_app.cli.checks.stripe.STRIPE_API", get_settings().stripe_api_base
        )

    @staticmethod
    async def check() -> list[str]:
        found = [str(finding) for finding in await check_stripe(get_settings())]
        await client.dispose()
        return found

    @staticmethod
    def answer(monkeypatch: pytest.MonkeyPatch, service: str, error: Exception | Any) -> None:  # noqa: ANN401
        async def list_async(_: object, *__: object) -> Any:  # noqa: ANN401  # as Stripe's SDK answers.
            if isinstance(error, Exception):
                raise error
            return error

        monkeypatch.setattr(f"stripe.{service}.list_async", list_async)

    async def test_reports_a_refused_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer(monkeypatch, "PaymentIntentService", stripe.AuthenticationError("unknown key"))
        [line] = await self.check()
        assert line.startswith("wrong   Stripe: it refuses our key.")

    async def test_outage_of_stripe_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer(monkeypatch, "PaymentIntentService", stripe.APIConnectionError("lost"))
        [line] = await self.check()
        assert line.startswith("unknown Stripe: it does not answer")

    async def test_missing_permission_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer(monkeypatch, "WebhookEndpointService", stripe.PermissionError("restricted"))
        _, line = await self.check()
        assert line.startswith("unknown webhooks: we could not ask")

    async def test_checks_the_endpoints_of_the_account(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        values = {
            "id": "we_1",
            "object": "webhook_endpoint",
            "url": f"{get_settings().public_url}/api/stripe/webhook",
            "status": "enabled",
            "api_version": "2020-08-27",
            "enabled_events": ["*"],
        }
        endpoint = stripe.WebhookEndpoint.construct_from(values, "sk_test")
        found = stripe.ListObject.construct_from({"data": [endpoint]}, "sk_test")
        self.answer(monkeypatch, "WebhookEndpointService", found)
        _, kinds, version = await self.check()
        assert kinds.startswith("ok      webhooks:")
        assert version.startswith("wrong   webhook version: 2020-08-27, the SDK's is ")


class TestCheckSite:
    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "nonsense"])
    async def test_reports_an_address_without_answer(self, url: str) -> None:
        line = str(await check_site(url))
        assert line.startswith(f"wrong   site: {url}: no answer (")

    async def test_reports_another_site(self) -> None:
        line = str(await check_site(get_settings().stripe_api_base))
        assert "not as GitTix" in line


class TestCheckPages:
    def test_requires_a_build(self, tmp_path: Path) -> None:
        [finding] = check_pages(tmp_path)
        assert str(finding).startswith(f"wrong   pages: {tmp_path}/build/client/pages.json is miss")

    def test_compares_the_build_stamp(self, tmp_path: Path) -> None:
        file = tmp_path / "build/client/pages.json"
        file.parent.mkdir(parents=True)
        file.touch()
        assert self.build(tmp_path).startswith("unknown build")
        build_stamp.write(tmp_path, build_stamp.compute())
        assert self.build(tmp_path).startswith("ok      build")
        build_stamp.write(tmp_path, "of yesterday")
        assert self.build(tmp_path).startswith("wrong   build: of another version")

    @staticmethod
    def build(folder: Path) -> str:
        pages, build = check_pages(folder)
        assert str(pages) == "ok      pages: all are built."
        return str(build)


async def test_keeps_the_connections_of_the_program_open() -> None:
    await run("doctor")
    assert db.pool_usage().in_use == 0
    await redis.client().execute_command("PING")
