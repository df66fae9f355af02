import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import ClassVar

import pytest

from ticketing_app.core.keys import DEVELOPMENT_FILES_KEY, DEVELOPMENT_FINGERPRINT_KEY
from ticketing_app.core.settings import (
    InvalidSettingsError,
    Settings,
    get_settings,
)

ROOT = Path(__file__).parents[3]

PRODUCTION = {
    "TICKETING_ENV": "production",
    "PUBLIC_URL": "https://ticketing.dev",
    "DATABASE_URL": "postgresql+asyncpg://gittix:word@db/gittix?ssl=require",
    "REDIS_URL": "rediss://:word@redis:6379/0",
    "JWT_KEY": "k" * 32,
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "OPERATOR_NAME": "Kite Tickets Ltd",
    "OPERATOR_ADDRESS": "2 Harbour Road, Rotterdam",
    "OPERATOR_EMAIL": "help@ticketing.dev",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_JS_URL": "https://js.stripe.com/endive/stripe.js",
    "FILES_URL": "file:///var/lib/files",
    "FILES_KEY": b64encode(b"k" * 32).decode(),
    "FINGERPRINT_KEY": "k" * 32,
}

PLAIN = {
    "REDIS_URL": ("redis://:word@redis:6379/0", "ALLOW_PLAIN_REDIS"),
    "REDIS_STATE_URL": ("rediss://redis:6379/0", "ALLOW_PLAIN_REDIS"),
    "DATABASE_URL": ("postgresql+asyncpg://u:word@db/gittix", "ALLOW_PLAIN_DATABASE"),
    "DATABASE_DIRECT_URL": ("postgresql+asyncpg://u@db/g?ssl=require", "ALLOW_PLAIN_DATABASE"),
}
"""Addresses that anyone on the way can read or use, and the setting that permits them."""


NONSENSE = {
    "ORDER_HOLD_SECONDS=-5": "Set ORDER_HOLD_SECONDS to a number from 1 to 86400.",
    "ORDER_HOLD_SECONDS=inf": "Set ORDER_HOLD_SECONDS to a number from 1 to 86400.",
    "PAYMENT_GRACE_SECONDS=-1": "Set PAYMENT_GRACE_SECONDS to a number from 0 to 3600.",
    "HOLD_COOLDOWN_SECONDS=nan": "Set HOLD_COOLDOWN_SECONDS to a number from 0 to 86400.",
    "SESSION_DAYS=0": "Set SESSION_DAYS to a whole number from 1 to 400.",
    "SESSION_DAYS=0.5": "Set SESSION_DAYS to a whole number from 1 to 400.",
    "MAX_OPEN_HOLDS=-1": "Set MAX_OPEN_HOLDS to a whole number of at least 0.",
    "SIGNIN_LIMIT_PER_MINUTE=-1": "Set SIGNIN_LIMIT_PER_MINUTE to a whole number of at least 0.",
    "TRUSTED_PROXY_HOPS=-3": "Set TRUSTED_PROXY_HOPS to a whole number from 0 to 10.",
    "PORT=eighty": "Set PORT to a whole number from 1 to 65535.",
    "METRICS_PORT=99999": "Set METRICS_PORT to a whole number from 1 to 65530.",
    "ALLOW_PLAIN_REDIS=maybe": "Set ALLOW_PLAIN_REDIS to true or false.",
    "REFLEX_STATE_MANAGER_MODE=cloud": (
        "Set REFLEX_STATE_MANAGER_MODE to one of 'memory', 'disk' or 'redis'."
    ),
    "DATABASE_URL=mysql://u:secret-word@db/gittix": (
        "Set DATABASE_URL to an address like postgresql+asyncpg://user:password@host/database."
    ),
    "DATABASE_DIRECT_URL=postgres://u:secret-word@db/gittix": (
        "Set DATABASE_DIRECT_URL to an address like postgresql+asyncpg://user:password@host/database."
    ),
    "REDIS_URL=redis:6379": "Set REDIS_URL to an address like rediss://:password@host:6379/0.",
    "REDIS_STATE_URL=http://:secret-word@redis": (
        "Set REDIS_STATE_URL to an address like rediss://:password@host:6379/0."
    ),
    "OPERATOR_EMAIL=Ana <ana@example.com>": (
        "Set OPERATOR_EMAIL to an address like help@ticketing.dev."
    ),
    "PUBLIC_URL=nonsense": (
        "Set PUBLIC_URL to an http or https address, like https://example.com."
    ),
    "PUBLIC_URL=https://ticketing.dev/shop": (
        "Set PUBLIC_URL to scheme and host only, like https://ticketing.dev."
    ),
    "MAIL_URL=http://u:secret-word@mail": (
        "Set MAIL_URL to an address like smtps://user:password@host:465."
    ),
    "MAIL_FROM=GitTix": "Set MAIL_FROM to a mailbox, like GitTix <hello@ticketing.dev>.",
    "MAIL_PER_SECOND=-1": "Set MAIL_PER_SECOND to a whole number from 0 to 1000.",
    "STRIPE_JS_URL=stripe.js": (
        "Set STRIPE_JS_URL to an http or https address, like https://example.com."
    ),
    "FILES_URL=http://u:secret-word@store/x": (
        "Set FILES_URL to the place of files of tickets, like s3://bucket/prefix or file:///var/lib/files."
    ),
    "FILES_KEY=secret-word": "Set FILES_KEY to the base64 of 32 random bytes.",
    "FILES_KEY_PREVIOUS=c2hvcnQ=": "Set FILES_KEY_PREVIOUS to the base64 of 32 random bytes.",
    "TICKETING_SECRETS_DIR=/nowhere": (
        "Set TICKETING_SECRETS_DIR to a directory with files named like settings."
    ),
}


@pytest.fixture(autouse=True)
def _fresh_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {*PRODUCTION, *PLAIN, "MAIL_URL", "MAIL_FROM"}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TICKETING_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("ticketing_app.core.settings.get_settings", get_settings.__wrapped__)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str):  # noqa: ANN201  # Settings, as in production.
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return get_settings.__wrapped__()


class TestGetSettings:
    def test_takes_the_environment_before_the_stand_ins_before_the_defaults(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "stack.env").write_text("REDIS_URL=redis://stand-in\nPORT=4000\n")
        settings = read(monkeypatch, PORT="5000")
        assert settings.redis_url.get_secret_value() == "redis://stand-in"
        assert settings.port == 5000
        assert settings.order_hold_seconds == 900

    def test_never_reads_the_stand_ins_in_production(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "stack.env").write_text("BRAND_NAME=Stand-in\n")
        assert read(monkeypatch, **PRODUCTION).brand_name == "GitTix"

    def test_reads_mounted_secrets_below_the_environment_above_the_stand_ins(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        secrets = tmp_path / "secrets"
        secrets.mkdir()
        # As a cluster mounts them: links to the files of a version.
        (secrets / "..data").mkdir()
        for name, value in {"JWT_KEY": "m" * 32, "redis_url": "redis://mounted"}.items():
            (secrets / "..data" / name).write_text(f"{value}\n")
            (secrets / name).symlink_to(Path("..data") / name)
        (tmp_path / "stack.env").write_text("REDIS_URL=redis://stand-in\nPORT=4000\n")
        settings = read(monkeypatch, TICKETING_SECRETS_DIR=str(secrets))
        assert settings.redis_url.get_secret_value() == "redis://mounted"
        assert settings.jwt_verification_keys == ["m" * 32]
        assert settings.port == 4000
        settings = read(monkeypatch, REDIS_URL="redis://environment")
        assert settings.redis_url.get_secret_value() == "redis://environment"

    def test_production_starts_on_mounted_secrets(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        mounted = {"DATABASE_URL", "JWT_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
        for name in mounted:
            (tmp_path / name).write_text(PRODUCTION[name])
        environment = {name: PRODUCTION[name] for name in PRODUCTION.keys() - mounted}
        settings = read(monkeypatch, **environment, TICKETING_SECRETS_DIR=str(tmp_path))
        assert settings.stripe_secret_key.get_secret_value() == "sk_test_1"

    def test_reports_an_unreadable_secret(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "JWT_KEY").write_bytes(b"\xff\xfe")
        with pytest.raises(InvalidSettingsError, match=r'readable UTF-8 text: .*"jwt_key"'):
            read(monkeypatch, TICKETING_SECRETS_DIR=str(tmp_path))

    def test_serves_secure_cookies_only_over_https(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert read(monkeypatch, **PRODUCTION).is_served_over_https
        assert not read(monkeypatch, PUBLIC_URL="http://gittix.test").is_served_over_https

    @pytest.mark.parametrize(
        "missing",
        [
            "PUBLIC_URL",
            "DATABASE_URL",
            "REDIS_URL",
            "JWT_KEY",
            "STRIPE_SECRET_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "OPERATOR_NAME",
            "OPERATOR_ADDRESS",
            "OPERATOR_EMAIL",
            "FILES_URL",
            "FILES_KEY",
            "FINGERPRINT_KEY",
        ],
    )
    def test_refuses_production_without(
        self, monkeypatch: pytest.MonkeyPatch, missing: str
    ) -> None:
        environment = {name: value for name, value in PRODUCTION.items() if name != missing}
        with pytest.raises(InvalidSettingsError, match=missing):
            read(monkeypatch, **environment)

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("JWT_KEY", "short", "JWT_KEY"),
            ("JWT_KEY", "development-only-key-never-used-in-production", "JWT_KEY"),
            ("JWT_KEY_PREVIOUS", "short", "JWT_KEY_PREVIOUS"),
            ("STRIPE_SECRET_KEY", "sk_live_1", "sellers are not paid out yet"),
            ("STRIPE_PUBLISHABLE_KEY", "pk_live_1", "STRIPE_PUBLISHABLE_KEY"),
            ("STRIPE_PUBLISHABLE_KEY", "sk_test_1", "STRIPE_PUBLISHABLE_KEY"),
            ("STRIPE_API_BASE", "http://127.0.0.1:8433", "STRIPE_API_BASE"),
            ("STRIPE_JS_URL", "https://js.stripe.com.evil.test/stripe.js", "STRIPE_JS_URL"),
            ("OPERATOR_NAME", " ", "OPERATOR_NAME"),
            ("FILES_URL", "memory://", "memory is lost"),
            ("FILES_URL", "s3://tickets", "FILES_S3_ACCESS_KEY"),
            ("FILES_KEY", "", "FILES_KEY"),
            ("FILES_KEY", DEVELOPMENT_FILES_KEY, "FILES_KEY"),
            ("FINGERPRINT_KEY", "short", "FINGERPRINT_KEY"),
            ("FINGERPRINT_KEY", DEVELOPMENT_FINGERPRINT_KEY, "FINGERPRINT_KEY"),
        ],
    )
    def test_refuses_in_production(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
    ) -> None:
        with pytest.raises(InvalidSettingsError, match=sentence):
            read(monkeypatch, **{**PRODUCTION, name: value})

    @pytest.mark.parametrize(("wrong", "sentence"), NONSENSE.items())
    def test_refuses_nonsense(
        self, monkeypatch: pytest.MonkeyPatch, wrong: str, sentence: str
    ) -> None:
        name, _, value = wrong.partition("=")
        with pytest.raises(InvalidSettingsError) as refusal:
            read(monkeypatch, **{**PRODUCTION, name: value})
        assert str(refusal.value) == sentence

    def test_reports_every_wrong_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(InvalidSettingsError) as refusal:
            read(monkeypatch, **PRODUCTION | {"JWT_KEY": "short", "STRIPE_SECRET_KEY": ""})
        assert str(refusal.value).splitlines() == [
            "Set STRIPE_SECRET_KEY: production has no default for it.",
            "Set JWT_KEY to at least 32 random characters.",
        ]

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql+asyncpg://u:p%40ss@one:5432,two:5433/gittix?ssl=require",
            "postgresql+asyncpg://gittix@/gittix?host=/run/postgresql",
            "postgresql+asyncpg:///gittix?user=gittix&host=/run/postgresql",
        ],
    )
    def test_takes_every_form_of_address_that_the_driver_takes(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        settings = read(monkeypatch, **PRODUCTION | {"DATABASE_URL": url})
        assert settings.database_url.get_secret_value() == url

    def test_repr_shows_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        secrets = PRODUCTION | {
            "DATABASE_DIRECT_URL": "postgresql+asyncpg://gittix:word@direct/gittix?ssl=require",
            "REDIS_STATE_URL": "rediss://:word@redis-state:6379/0",
            "JWT_KEY_PREVIOUS": "p" * 32,
            "MAIL_URL": "smtps://gittix:word@mail",
            "MAIL_FROM": "hi@gittix.test",
            "MAIL_EVENTS_SECRET": "e" * 32,
        }
        settings = read(monkeypatch, **secrets)
        for shown in (repr(settings), str(settings), settings.model_dump_json()):
            for secret in ("word", "k" * 32, "p" * 32, "e" * 32, "sk_test_1", "whsec_1"):
                assert secret not in shown

    @pytest.mark.parametrize("name", PLAIN)
    def test_refuses_a_plain_connection_in_production_unless_it_is_permitted(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        url, permission = PLAIN[name]
        for other in {permission for _, permission in PLAIN.values()} - {permission}:
            monkeypatch.setenv(other, "true")
        with pytest.raises(InvalidSettingsError, match=rf"Set {name} with .*{permission}=true"):
            read(monkeypatch, **{**PRODUCTION, name: url})
        assert read(monkeypatch, **{permission: "true"}).is_production

    def test_takes_a_plain_connection_on_loopback_and_in_development(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local = {
            "DATABASE_URL": "postgresql+asyncpg://gittix@127.0.0.1/gittix",
            "REDIS_URL": "redis://localhost:6379/0",
        }
        assert read(monkeypatch, **PRODUCTION).is_production
        assert read(monkeypatch, **local).is_production
        far = {name: url for name, (url, _) in PLAIN.items()}
        assert not read(monkeypatch, **far, TICKETING_ENV="development").is_production

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"MAIL_URL": "smtp://u:word@mail:587"}, "Set MAIL_URL with TLS"),
            ({"MAIL_FROM": ""}, "Set MAIL_FROM to the sender of mails"),
            ({"MAIL_EVENTS_SECRET": "short"}, "Set MAIL_EVENTS_SECRET to at least 32"),
        ],
    )
    def test_refuses_unsafe_mail_in_production(
        self, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], sentence: str
    ) -> None:
        mail = {
            "MAIL_URL": "smtp+starttls://u:word@mail:587",
            "MAIL_FROM": "GitTix <hi@gittix.test>",
        }
        assert read(monkeypatch, **PRODUCTION, **mail).mail_sender == "GitTix <hi@gittix.test>"
        with pytest.raises(InvalidSettingsError, match=sentence):
            read(monkeypatch, **PRODUCTION | mail | changes)

    def test_takes_a_plain_mail_server_on_loopback(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mail = {"MAIL_URL": "smtp://localhost:25", "MAIL_FROM": "hi@gittix.test"}
        assert read(monkeypatch, **PRODUCTION, **mail).is_production

    def test_names_a_sender_in_development(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert read(monkeypatch).mail_sender == "GitTix <hello@localhost>"

    def test_keeps_page_state_in_the_redis_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = read(monkeypatch, REDIS_URL="redis://one")
        assert settings.page_state_url.get_secret_value() == "redis://one"
        settings = read(monkeypatch, REDIS_STATE_URL="redis://two")
        assert settings.page_state_url.get_secret_value() == "redis://two"

    @pytest.mark.parametrize("currency", ["jpy", "kwd", "USD", "sek", "dollars", ""])
    def test_refuses_a_currency_whose_prices_it_cannot_keep(
        self, monkeypatch: pytest.MonkeyPatch, currency: str
    ) -> None:
        with pytest.raises(InvalidSettingsError, match=r"Set CURRENCY to one of .*'usd'"):
            read(monkeypatch, CURRENCY=currency)

    def test_takes_another_currency_with_cents(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert read(monkeypatch, CURRENCY="eur").currency == "eur"


@pytest.mark.parametrize("program", [("worker.py", "all"), ("-c", "import rxconfig")])
def test_processes_print_the_sentences_and_stop(program: tuple[str, ...]) -> None:
    wrong = ("ORDER_HOLD_SECONDS=-5", "DATABASE_URL=mysql://u:secret-word@db/gittix")
    environment = dict(os.environ)
    for name in Settings.model_fields:
        environment.pop(name.upper(), None)
    environment |= PRODUCTION
    for each in wrong:
        name, _, value = each.partition("=")
        environment[name] = value
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == sorted(NONSENSE[each] for each in wrong)


class TestLimitsOfUnconfirmedAccounts:
    MAIL: ClassVar = {"MAIL_URL": "smtps://word@mail", "MAIL_FROM": "GitTix <hello@ticketing.dev>"}

    @pytest.mark.parametrize(
        ("environment", "limit"),
        [
            ({}, 0),
            (MAIL, 0),
            (PRODUCTION, 0),
            (PRODUCTION | MAIL, 1),
            (PRODUCTION | MAIL | {"UNCONFIRMED_LISTINGS": "0", "UNCONFIRMED_HOLDS": "0"}, 0),
            ({"UNCONFIRMED_LISTINGS": "3", "UNCONFIRMED_HOLDS": "3"}, 3),
        ],
    )
    def test_need_mail_in_production(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], limit: int
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = Settings()
        assert settings.max_unconfirmed_listings == limit
        assert settings.max_unconfirmed_holds == limit
