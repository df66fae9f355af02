"""Every setting of the program, read once; the only reader of the process environment."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ticketing_app.core import transport
from ticketing_app.core.money import Currency

DEVELOPMENT_JWT_KEY = "development-only-key-never-used-in-production"
STRIPE_API = "https://api.stripe.com"
STRIPE_JS_HOST = "js.stripe.com"
MINIMUM_KEY_LENGTH = 32


class InvalidSettingsError(Exception):
    """The settings cannot be used; the message says which one to change and how."""


class Settings(BaseSettings):
    """Settings of product, database, Redis, Stripe and limits; names are the environment's, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    ticketing_env: Literal["development", "production"] = "development"
    ticketing_data_dir: Path = Path(".data")
    ticketing_devstack: bool = Field(
        default=True, description="Whether Reflex brings up the local stand-ins in development."
    )
    public_url: str = "http://localhost:3000"
    port: int = 3000
    brand_name: str = "GitTix"
    currency: Currency = "usd"

    database_url: str = ""
    database_direct_url: str = Field(
        default="", description="Past a pooler, where DATABASE_URL leads through one."
    )
    database_pool_size: int = Field(
        default=20,
        ge=2,
        le=500,
        description="The most connections that a process opens, and keeps.",
    )
    redis_url: str = ""
    redis_state_url: str = Field(
        default="", description="Redis of the state of pages; unset it is REDIS_URL."
    )
    allow_plain_redis: bool = Field(
        default=False, description="Whether production takes Redis without password or TLS."
    )
    allow_plain_database: bool = Field(
        default=False, description="Whether production takes PostgreSQL without password or TLS."
    )
    reflex_state_manager_mode: str = Field(
        default="memory", description="Reflex's own, as the next one: the doctor has to know them."
    )
    reflex_ignore_redis_config_error: bool = False

    jwt_key: str = DEVELOPMENT_JWT_KEY
    jwt_key_previous: str = Field(
        default="", description="Of sessions signed before a change of keys; signs nothing."
    )
    session_days: int = Field(default=30, description="Days after which a session ends.")

    stripe_secret_key: str = ""
    stripe_publishable_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_api_base: str = STRIPE_API
    stripe_js_url: str = f"https://{STRIPE_JS_HOST}/endive/stripe.js"
    stripe_timeout_seconds: float = Field(
        default=20, ge=0.1, le=40, description="Limit for each of the three tries of a call."
    )
    outside_concurrency: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Jobs that call Stripe at once, of each of their queues.",
    )

    retention_days: int = Field(
        default=90,
        ge=0,
        le=3650,
        description="Ended sessions and handled webhooks go then; 0 is off.",
    )

    order_hold_seconds: float = Field(
        default=900, description="Seconds that Purchase locks a ticket."
    )
    payment_grace_seconds: float = Field(
        default=120, description="Seconds for a card check, once an order."
    )
    payment_max_attempts: int = Field(default=3, ge=1, description="Declined cards of an order.")
    max_open_holds: int = Field(default=5, ge=0, description="Per account; 0 is off.")
    hold_cooldown_seconds: float = Field(
        default=60, ge=0, description="Pause after one whole hold in vain, growing; 0 is off."
    )
    signin_limit_per_minute: int = Field(
        default=10, ge=0, description="Per address and account; 0 is off."
    )
    signin_limit_per_address_per_minute: int = Field(
        default=100, ge=0, description="Per address, whatever the account; 0 is off."
    )
    signin_limit_per_account_per_hour: int = Field(
        default=100, ge=0, description="Per account, whatever the address; 0 is off."
    )
    signup_limit_per_hour: int = Field(default=20, ge=0, description="Per address; 0 is off.")
    hold_limit_per_minute: int = Field(default=10, ge=0, description="Per account; 0 is off.")
    listing_limit_per_hour: int = Field(default=50, ge=0, description="Per account; 0 is off.")
    max_open_listings: int = Field(default=200, ge=0, description="Per account; 0 is off.")
    edit_limit_per_minute: int = Field(
        default=30, ge=0, description="Edits and withdrawals per account; 0 is off."
    )
    payment_limit_per_minute: int = Field(
        default=30, ge=0, description="Payments opened and announced per account; 0 is off."
    )
    settle_limit_per_minute: int = Field(
        default=120, ge=0, description="Settlements asked for per account; 0 is off."
    )
    settle_limit_per_charge_per_2_seconds: int = Field(
        default=1, ge=0, description="Settlements that ask Stripe; 0 is off."
    )
    decline_limit_per_hour: int = Field(
        default=5, ge=0, description="Declined cards per account; 0 is off."
    )
    decline_limit_per_address_per_hour: int = Field(
        default=50, ge=0, description="Declined cards per address; 0 is off."
    )
    write_limit_per_address_per_minute: int = Field(
        default=600, ge=0, description="Holds, listings, edits and payments; 0 is off."
    )
    search_limit_per_address_per_minute: int = Field(
        default=1200, ge=0, description="Searches and lists; 0 is off."
    )
    correction_limit_per_address_per_minute: int = Field(
        default=120, ge=0, description="Searches for misspelt words; 0 is off."
    )
    sitemap_limit_per_address_per_minute: int = Field(
        default=10, ge=0, description="Site maps; 0 is off."
    )
    socket_messages_per_second: float = Field(
        default=10, ge=0, le=1000, description="Per websocket; 4 s worth at once. 0 is off."
    )
    sockets_per_address: int = Field(
        default=200, ge=0, description="Open websockets per address and web process; 0 is off."
    )
    trusted_proxy_hops: int = Field(
        default=0, description="Proxies in front that set X-Forwarded-For."
    )

    metrics_port: int | None = Field(
        default=None, ge=1, le=65_530, description="Of the web process; the workers' follow."
    )
    metrics_host: str = "127.0.0.1"
    build_version: str = "unknown"

    @property
    def is_production(self) -> bool:
        """Whether defaults made for development are refused."""
        return self.ticketing_env == "production"

    @property
    def is_served_over_https(self) -> bool:
        """Whether cookies must carry Secure."""
        return self.public_url.startswith("https://")

    @property
    def has_page_state_in_redis(self) -> bool:
        """Whether web processes share the state of pages."""
        return self.reflex_state_manager_mode == "redis"

    @property
    def page_state_url(self) -> str:
        """The Redis that keeps it."""
        return self.redis_state_url or self.redis_url

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if not self.is_production:
            return self
        for name in (
            "public_url",
            "database_url",
            "redis_url",
            "jwt_key",
            "stripe_secret_key",
            "stripe_publishable_key",
            "stripe_webhook_secret",
        ):
            if name not in self.model_fields_set or not getattr(self, name):
                msg = f"Set {name.upper()}: production has no default for it."
                raise InvalidSettingsError(msg)
        if self.jwt_key == DEVELOPMENT_JWT_KEY or len(self.jwt_key) < MINIMUM_KEY_LENGTH:
            msg = f"Set JWT_KEY to at least {MINIMUM_KEY_LENGTH} random characters."
            raise InvalidSettingsError(msg)
        if 0 < len(self.jwt_key_previous) < MINIMUM_KEY_LENGTH:
            msg = "Set JWT_KEY_PREVIOUS to the key before JWT_KEY, or leave it empty."
            raise InvalidSettingsError(msg)
        self._refuse_plain_connections()
        self._refuse_unsafe_stripe()
        return self

    def _refuse_plain_connections(self) -> None:
        redis = ("redis_url", "redis_state_url"), transport.find_redis_gaps, "allow_plain_redis"
        database = (
            ("database_url", "database_direct_url"),
            transport.find_postgresql_gaps,
            "allow_plain_database",
        )
        for names, find_gaps, permission in (redis, database):
            for name in () if getattr(self, permission) else names:
                if gaps := find_gaps(getattr(self, name)):
                    msg = (
                        f"Set {name.upper()} with {' and '.join(gaps)}, as it leads to another "
                        f"machine, or {permission.upper()}=true where the network is private."
                    )
                    raise InvalidSettingsError(msg)

    def _refuse_unsafe_stripe(self) -> None:
        if not self.stripe_secret_key.startswith(("sk_test_", "rk_test_")):
            msg = (
                "Set STRIPE_SECRET_KEY to a test key (sk_test_...): sellers are not paid out yet, "
                "so live payments would take money that nobody passes on."
            )
            raise InvalidSettingsError(msg)
        if not self.stripe_publishable_key.startswith("pk_test_"):
            msg = "Set STRIPE_PUBLISHABLE_KEY to the publishable test key (pk_test_...)."
            raise InvalidSettingsError(msg)
        if self.stripe_api_base != STRIPE_API:
            msg = f"Leave STRIPE_API_BASE at {STRIPE_API} in production."
            raise InvalidSettingsError(msg)
        if urlsplit(self.stripe_js_url).hostname != STRIPE_JS_HOST:
            msg = f"STRIPE_JS_URL must be served by {STRIPE_JS_HOST} in production."
            raise InvalidSettingsError(msg)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings: the environment, below it the local stand-ins, below them the defaults.

    Raises:
        InvalidSettingsError: a value of the wrong kind, or production with a missing or unsafe one.
    """
    try:
        from_environment = Settings()
        if from_environment.is_production:
            return from_environment
        stand_ins = from_environment.ticketing_data_dir / "stack.env"
        return Settings(_env_file=stand_ins)  # pyright: ignore[reportCallIssue]  # a keyword its types hide
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()
        )
        raise InvalidSettingsError("Correct these settings. " + "; ".join(problems)) from None
