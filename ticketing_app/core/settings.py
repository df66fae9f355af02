"""All settings; the only reader of the process environment."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from ticketing_app.core import keys, production
from ticketing_app.core.keys import FilesKey, PushKey
from ticketing_app.core.money import Currency
from ticketing_app.core.organizers import Issuers, Organizer, parse_organizers
from ticketing_app.core.transport import (
    STRIPE_API,
    STRIPE_JS_HOST,
    FilesAddress,
    HttpAddress,
    MailAddress,
    Mailbox,
    MailServerAddress,
    PostgresAddress,
    RedisAddress,
)


class InvalidSettingsError(Exception):
    """The message has one line per wrong setting: its name, and the values that are allowed."""


class Settings(BaseSettings):
    """Fields are named like the environment variables, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    ticketing_env: Literal["development", "production"] = "development"
    ticketing_data_dir: Path = Path(".data")
    ticketing_devstack: bool = Field(
        default=True, description="Whether Reflex brings up the local stand-ins in development."
    )
    ticketing_secrets_dir: Path | None = Field(
        default=None, description="Directory of files named like settings, each with its value."
    )
    public_url: HttpAddress = "http://localhost:3000"
    port: int = Field(default=3000, ge=1, le=65_535)
    brand_name: str = "GitTix"
    currency: Currency = "usd"

    # The imprint; in development of an invented company.
    operator_name: str = "Example Tickets Ltd (an invented company)"
    operator_address: str = "1 Invented Street, Nowhere"
    operator_email: MailAddress = Field(
        default="help@gittix.test", description="Where notices of new cases are sent."
    )
    operator_register: str = ""
    operator_vat_id: str = ""
    content_dir: Path | None = Field(
        default=None, description="Directory of Markdown files that replace help and legal pages."
    )

    database_url: PostgresAddress = SecretStr("")
    database_direct_url: PostgresAddress = Field(
        default=SecretStr(""), description="Bypasses the pooler that DATABASE_URL leads through."
    )
    database_pool_size: int = Field(
        default=20,
        ge=2,
        le=500,
        description="Connections that a process opens at most; they stay open.",
    )
    redis_url: RedisAddress = SecretStr("")
    redis_state_url: RedisAddress = Field(
        default=SecretStr(""), description="Redis of the page states; unset it is REDIS_URL."
    )
    allow_plain_redis: bool = Field(
        default=False, description="Permits Redis without password or TLS in production."
    )
    allow_plain_database: bool = Field(
        default=False, description="Permits PostgreSQL without password or TLS in production."
    )
    # These two belong to Reflex; `doctor` checks them.
    reflex_state_manager_mode: Literal["memory", "disk", "redis"] = "memory"
    reflex_ignore_redis_config_error: bool = False

    jwt_key: SecretStr = SecretStr(keys.DEVELOPMENT_JWT_KEY)
    jwt_key_previous: SecretStr = Field(
        default=SecretStr(""), description="Verifies sessions from before a change of keys."
    )
    session_days: int = Field(
        default=30, ge=1, le=400, description="Days until a session ends; browsers allow 400."
    )

    stripe_secret_key: SecretStr = SecretStr("")
    stripe_publishable_key: str = ""
    stripe_webhook_secret: SecretStr = SecretStr("")
    stripe_api_base: HttpAddress = STRIPE_API
    stripe_js_url: HttpAddress = f"https://{STRIPE_JS_HOST}/endive/stripe.js"
    stripe_timeout_seconds: float = Field(
        default=20, ge=0.1, le=40, description="Timeout of each of the three attempts of a call."
    )
    outside_concurrency: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Jobs of each queue that call Stripe at the same time.",
    )

    mail_url: MailServerAddress = Field(
        default=SecretStr(""), description="Mail server; without one no mail is sent."
    )
    mail_from: Mailbox = Field(default="", description="Sender of mails.")
    mail_reply_to: Mailbox = Field(
        default="", description="Where replies go; unset it is MAIL_FROM."
    )
    mail_per_second: int = Field(
        default=10, ge=0, le=1000, description="Mails per second and process; 0 is off."
    )
    mail_events_secret: SecretStr = Field(
        default=SecretStr(""), description="Password of the mail provider's reports of bounces."
    )

    vapid_private_key: PushKey = Field(
        default=SecretStr(""), description="Signs web push; without it push is not offered."
    )

    files_url: FilesAddress = Field(
        default="",
        description="Where files of tickets are kept; unset it is `files` in the data directory.",
    )
    files_s3_endpoint: HttpAddress = Field(
        default="https://s3.us-east-1.amazonaws.com", description="Of the bucket in FILES_URL."
    )
    files_s3_region: str = "us-east-1"
    files_s3_access_key: str = ""
    files_s3_secret_key: SecretStr = SecretStr("")
    files_key: FilesKey = Field(
        default=SecretStr(keys.DEVELOPMENT_FILES_KEY),
        description="Wraps the key of each file of a ticket: 32 bytes in base64.",
    )
    files_key_previous: FilesKey = Field(
        default=SecretStr(""), description="Opens files from before a change of keys."
    )
    fingerprint_key: SecretStr = Field(
        default=SecretStr(keys.DEVELOPMENT_FINGERPRINT_KEY),
        description="Hashes barcodes; after a change, listed tickets are not known again.",
    )
    issuers: Issuers = Field(
        default=SecretStr(""),
        description="Organisers at pretix that issue sold tickets anew, as JSON with their tokens.",
    )

    retention_days: int = Field(
        default=90,
        ge=0,
        le=3650,
        description="Days until ended sessions and handled webhooks are deleted; 0 is off.",
    )

    order_hold_seconds: float = Field(
        default=900, ge=1, le=86_400, description="Seconds that Purchase locks a ticket."
    )
    payment_grace_seconds: float = Field(
        default=120, ge=0, le=3600, description="Extra seconds for a card check, once per order."
    )
    payment_max_attempts: int = Field(
        default=3, ge=1, le=100, description="Declined cards per order."
    )
    max_open_holds: int = Field(default=5, ge=0, description="Per account; 0 is off.")
    hold_cooldown_seconds: float = Field(
        default=60, ge=0, le=86_400, description="Pause after an unused hold, growing; 0 is off."
    )
    deliver_seconds: float | None = Field(
        default=None,
        ge=1,
        le=31_536_000,
        description="Seconds that a seller has to send tickets after the sale. Unset it follows from "
        "the event: at most two days, or a day after the issuer releases them.",
    )
    choose_seconds: float | None = Field(
        default=None,
        ge=1,
        le=31_536_000,
        description="Seconds that a buyer of late tickets has to choose; then the money goes back. "
        "Unset it is a day.",
    )
    signin_limit_per_minute: int = Field(
        default=10, ge=0, description="Per address and account; 0 is off."
    )
    signin_limit_per_address_per_minute: int = Field(
        default=100, ge=0, description="Per address, over all accounts; 0 is off."
    )
    signin_limit_per_account_per_hour: int = Field(
        default=100, ge=0, description="Per account, over all addresses; 0 is off."
    )
    case_limit_per_hour: int = Field(
        default=5, ge=0, description="Messages and reports per account or e-mail; 0 is off."
    )
    case_limit_per_address_per_hour: int = Field(
        default=5, ge=0, description="Messages and reports per address; 0 is off."
    )
    signup_limit_per_hour: int = Field(
        default=20, ge=0, description="Per address, with changes and resets; 0 is off."
    )
    reset_limit_per_hour: int = Field(
        default=3, ge=0, description="Mailed resets per e-mail; 0 is off."
    )
    confirmation_limit_per_minute: int = Field(
        default=1, ge=0, description="Confirmation mails sent again, per account; 0 is off."
    )
    confirmation_limit_per_day: int = Field(
        default=5, ge=0, description="Confirmation mails sent again, per account; 0 is off."
    )
    export_limit_per_day: int = Field(default=5, ge=0, description="Per account; 0 is off.")
    hold_limit_per_minute: int = Field(default=10, ge=0, description="Per account; 0 is off.")
    listing_limit_per_hour: int = Field(default=50, ge=0, description="Per account; 0 is off.")
    gift_limit_per_hour: int = Field(
        default=10, ge=0, description="Tickets offered to friends, per account; 0 is off."
    )
    event_limit_per_hour: int = Field(
        default=20, ge=0, description="New events per account; 0 is off."
    )
    draft_limit_per_minute: int = Field(
        default=240, ge=0, description="Saved drafts of listings per account; 0 is off."
    )
    max_open_listings: int = Field(default=200, ge=0, description="Per account; 0 is off.")
    unconfirmed_listings: int | None = Field(
        default=None,
        ge=0,
        description="Open listings of an account with an unconfirmed e-mail; 0 is off. "
        "Unset it is 1 in production with mail, else 0.",
    )
    unconfirmed_holds: int | None = Field(
        default=None,
        ge=0,
        description="Open orders of an account with an unconfirmed e-mail; 0 is off. "
        "Unset it is 1 in production with mail, else 0.",
    )
    upload_limit_per_hour: int = Field(
        default=30, ge=0, description="Files of tickets per account; 0 is off."
    )
    upload_limit_per_address_per_hour: int = Field(
        default=100, ge=0, description="Files of tickets per address; 0 is off."
    )
    edit_limit_per_minute: int = Field(
        default=30, ge=0, description="Edits and withdrawals per account; 0 is off."
    )
    payment_limit_per_minute: int = Field(
        default=30, ge=0, description="Payments opened and confirmed per account; 0 is off."
    )
    settle_limit_per_minute: int = Field(
        default=120, ge=0, description="Requested settlements per account; 0 is off."
    )
    settle_limit_per_charge_per_2_seconds: int = Field(
        default=1, ge=0, description="Settlements that call Stripe; 0 is off."
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
    reads_in_progress: int = Field(
        default=64,
        ge=0,
        description="Pages and reads of a web process at once; more get a 503 response. 0 is off.",
    )
    writes_in_progress: int = Field(
        default=8,
        ge=0,
        description="As READS_IN_PROGRESS, for forms, writes and presses of Purchase; 0 is off.",
    )
    loop_lag_seconds: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="Lag of the event loop above which requests get a 503 response; 0 is off.",
    )
    trusted_proxy_hops: int = Field(
        default=0, ge=0, le=10, description="Proxies in front that set X-Forwarded-For."
    )

    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_530,
        description="Port of the web process; the workers use the next ones.",
    )
    metrics_host: str = "127.0.0.1"
    build_version: str = "unknown"

    @property
    def is_production(self) -> bool:
        return self.ticketing_env == "production"

    @property
    def is_served_over_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def has_page_state_in_redis(self) -> bool:
        return self.reflex_state_manager_mode == "redis"

    @property
    def has_mail(self) -> bool:
        return bool(self.mail_url.get_secret_value())

    @property
    def max_unconfirmed_listings(self) -> int:
        return self._limit_of_unconfirmed(self.unconfirmed_listings)

    @property
    def max_unconfirmed_holds(self) -> int:
        return self._limit_of_unconfirmed(self.unconfirmed_holds)

    def _limit_of_unconfirmed(self, limit: int | None) -> int:
        # Without mail no address can be confirmed.
        return int(self.is_production and self.has_mail) if limit is None else limit

    @property
    def mail_sender(self) -> str:
        """Return MAIL_FROM, or a sender for development."""
        return self.mail_from or f"{self.brand_name} <hello@{urlsplit(self.public_url).hostname}>"

    @property
    def organizers(self) -> tuple[Organizer, ...]:
        return parse_organizers(self.issuers.get_secret_value())

    @property
    def jwt_verification_keys(self) -> list[str]:
        keys = (self.jwt_key, self.jwt_key_previous)
        return [key.get_secret_value() for key in keys if key]

    @property
    def page_state_url(self) -> SecretStr:
        return self.redis_state_url or self.redis_url

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        directory = env_settings().get("ticketing_secrets_dir") or None
        if directory and not Path(directory).is_dir():
            msg = "Set TICKETING_SECRETS_DIR to a directory with files named like settings."
            raise InvalidSettingsError(msg)
        files = SecretsSettingsSource(settings_cls, secrets_dir=directory)
        return init_settings, env_settings, files, dotenv_settings

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if self.is_production:
            problems: dict[str, str] = {}
            for name, sentence in production.find_problems(self):
                problems.setdefault(name, sentence)
            if problems:
                raise InvalidSettingsError("\n".join(problems.values()))
        return self


def read_environment(stand_ins: Path | None = None) -> Settings:
    """Read the settings; raises InvalidSettingsError if one is wrong, or missing in production.

    The environment takes precedence over mounted secrets, and these over the `stand_ins` file.
    """
    try:
        return Settings(_env_file=stand_ins)  # pyright: ignore[reportCallIssue]  # a keyword its types hide
    except ValidationError as error:
        sentences = (
            f"Set {str(item['loc'][0]).upper()} to {_allowed(item)}." for item in error.errors()
        )
        raise InvalidSettingsError("\n".join(sentences)) from None
    except SettingsError as error:
        # Names the field; the cause may quote the file.
        msg = f"Make the files in TICKETING_SECRETS_DIR readable UTF-8 text: {error}."
        raise InvalidSettingsError(msg) from None


def _allowed(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"one of {context['expected']}"
        case "bool_parsing":
            return "true or false"
        case _:
            return _allowed_numbers(str(error["loc"][0]))


def _allowed_numbers(name: str) -> str:
    field = Settings.model_fields[name]
    is_whole = int in (field.annotation, *get_args(field.annotation))
    kind = "a whole number" if is_whole else "a number"
    least = next(bound.ge for bound in field.metadata if hasattr(bound, "ge"))
    most = next((bound.le for bound in field.metadata if hasattr(bound, "le")), None)
    return f"{kind} of at least {least}" if most is None else f"{kind} from {least} to {most}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings: in development with those of the local stand-ins."""
    settings = read_environment()
    if settings.is_production:
        return settings
    return read_environment(settings.ticketing_data_dir / "stack.env")
