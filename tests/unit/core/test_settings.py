from pathlib import Path

import pytest

from ticketing_app.core.settings import InvalidSettingsError, get_settings

PRODUCTION = {
    "TICKETING_ENV": "production",
    "PUBLIC_URL": "https://ticketing.dev",
    "DATABASE_URL": "postgresql+asyncpg://gittix:word@db/gittix?ssl=require",
    "REDIS_URL": "rediss://:word@redis:6379/0",
    "JWT_KEY": "k" * 32,
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_JS_URL": "https://js.stripe.com/endive/stripe.js",
}

PLAIN = {
    "REDIS_URL": ("redis://:word@redis:6379/0", "ALLOW_PLAIN_REDIS"),
    "REDIS_STATE_URL": ("rediss://redis:6379/0", "ALLOW_PLAIN_REDIS"),
    "DATABASE_URL": ("postgresql+asyncpg://u:word@db/gittix", "ALLOW_PLAIN_DATABASE"),
    "DATABASE_DIRECT_URL": ("postgresql+asyncpg://u@db/g?ssl=require", "ALLOW_PLAIN_DATABASE"),
}
"""Addresses that anyone on the way can read or use, and the setting that permits them."""


@pytest.fixture(autouse=True)
def _fresh_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {*PRODUCTION, *PLAIN}:
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
        assert settings.redis_url == "redis://stand-in"
        assert settings.port == 5000
        assert settings.order_hold_seconds == 900

    def test_never_reads_the_stand_ins_in_production(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "stack.env").write_text("BRAND_NAME=Stand-in\n")
        assert read(monkeypatch, **PRODUCTION).brand_name == "GitTix"

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
            ("PORT", "eighty", "PORT"),
        ],
    )
    def test_refuses_in_production(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
    ) -> None:
        with pytest.raises(InvalidSettingsError, match=sentence):
            read(monkeypatch, **{**PRODUCTION, name: value})

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

    def test_keeps_page_state_in_the_redis_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert read(monkeypatch, REDIS_URL="redis://one").page_state_url == "redis://one"
        assert read(monkeypatch, REDIS_STATE_URL="redis://two").page_state_url == "redis://two"

    @pytest.mark.parametrize("currency", ["jpy", "kwd", "USD", "sek", "dollars", ""])
    def test_refuses_a_currency_whose_prices_it_cannot_keep(
        self, monkeypatch: pytest.MonkeyPatch, currency: str
    ) -> None:
        with pytest.raises(InvalidSettingsError, match=r"CURRENCY: .*'usd'"):
            read(monkeypatch, CURRENCY=currency)

    def test_takes_another_currency_with_cents(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert read(monkeypatch, CURRENCY="eur").currency == "eur"
