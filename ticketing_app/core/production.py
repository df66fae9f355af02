"""What production refuses to start with: missing settings, keys of development, unprotected connections."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ticketing_app.core import keys, transport

if TYPE_CHECKING:
    from ticketing_app.core.settings import Settings

_REQUIRED = (
    "public_url",
    "database_url",
    "redis_url",
    "jwt_key",
    "stripe_secret_key",
    "stripe_publishable_key",
    "stripe_webhook_secret",
    "operator_name",
    "operator_address",
    "operator_email",
    "files_url",
    "files_key",
    "fingerprint_key",
)


def find_problems(settings: "Settings") -> Iterator[tuple[str, str]]:
    """Yield the name of each wrong setting with a sentence, perhaps several of one."""
    for name in _REQUIRED:
        if name not in settings.model_fields_set or not str(getattr(settings, name)).strip():
            yield name, f"Set {name.upper()}: production has no default for it."
    url = urlsplit(settings.public_url)
    if url.path.strip("/") or url.query or url.fragment or url.username:
        yield (
            "public_url",
            "Set PUBLIC_URL to scheme and host only, like https://ticketing.dev.",
        )
    key = settings.jwt_key.get_secret_value()
    if key == keys.DEVELOPMENT_JWT_KEY or len(key) < keys.MINIMUM_LENGTH:
        yield "jwt_key", f"Set JWT_KEY to at least {keys.MINIMUM_LENGTH} random characters."
    if 0 < len(settings.jwt_key_previous) < keys.MINIMUM_LENGTH:
        sentence = "Set JWT_KEY_PREVIOUS to the key before JWT_KEY, or leave it empty."
        yield "jwt_key_previous", sentence
    yield from _find_plain_connections(settings)
    yield from _find_stripe_problems(settings)
    yield from _find_mail_problems(settings)
    yield from _find_files_problems(settings)


def _find_plain_connections(settings: "Settings") -> Iterator[tuple[str, str]]:
    redis = ("redis_url", "redis_state_url"), transport.find_redis_gaps, "allow_plain_redis"
    database = (
        ("database_url", "database_direct_url"),
        transport.find_postgresql_gaps,
        "allow_plain_database",
    )
    for names, find_gaps, permission in (redis, database):
        if getattr(settings, permission):
            continue
        for name in names:
            if gaps := find_gaps(getattr(settings, name).get_secret_value()):
                sentence = (
                    f"Set {name.upper()} with {' and '.join(gaps)}, as it leads to another "
                    f"machine, or {permission.upper()}=true where the network is private."
                )
                yield name, sentence


def _find_stripe_problems(settings: "Settings") -> Iterator[tuple[str, str]]:
    if not settings.stripe_secret_key.get_secret_value().startswith(("sk_test_", "rk_test_")):
        sentence = (
            "Set STRIPE_SECRET_KEY to a test key (sk_test_...): sellers are not paid out yet, "
            "so live payments would take money that nobody passes on."
        )
        yield "stripe_secret_key", sentence
    if not settings.stripe_publishable_key.startswith("pk_test_"):
        sentence = "Set STRIPE_PUBLISHABLE_KEY to the publishable test key (pk_test_...)."
        yield "stripe_publishable_key", sentence
    if settings.stripe_api_base != transport.STRIPE_API:
        yield "stripe_api_base", f"Leave STRIPE_API_BASE at {transport.STRIPE_API} in production."
    if urlsplit(settings.stripe_js_url).hostname != transport.STRIPE_JS_HOST:
        yield "stripe_js_url", f"Set STRIPE_JS_URL to an address of {transport.STRIPE_JS_HOST}."


def _find_mail_problems(settings: "Settings") -> Iterator[tuple[str, str]]:
    url = settings.mail_url.get_secret_value()
    if url and not settings.mail_from:
        yield (
            "mail_from",
            "Set MAIL_FROM to the sender of mails, like GitTix <hello@ticketing.dev>.",
        )
    if transport.is_plain_mail(url):
        sentence = (
            "Set MAIL_URL with TLS (smtps:// or smtp+starttls://), as it leads to another machine."
        )
        yield "mail_url", sentence
    if 0 < len(settings.mail_events_secret.get_secret_value()) < keys.MINIMUM_LENGTH:
        sentence = (
            f"Set MAIL_EVENTS_SECRET to at least {keys.MINIMUM_LENGTH} random characters, "
            "or leave it empty."
        )
        yield "mail_events_secret", sentence


def _find_files_problems(settings: "Settings") -> Iterator[tuple[str, str]]:
    if settings.files_key.get_secret_value() in ("", keys.DEVELOPMENT_FILES_KEY):
        sentence = f"Set FILES_KEY to {keys.FILES_KEY_BYTES} random bytes in base64."
        yield "files_key", sentence
    key = settings.fingerprint_key.get_secret_value()
    if key == keys.DEVELOPMENT_FINGERPRINT_KEY or len(key) < keys.MINIMUM_LENGTH:
        sentence = f"Set FINGERPRINT_KEY to at least {keys.MINIMUM_LENGTH} random characters."
        yield "fingerprint_key", sentence
    if settings.files_url.startswith("memory:"):
        yield "files_url", "Set FILES_URL to a bucket or a folder: memory is lost at a restart."
    if settings.files_url.startswith("s3:"):
        for name in ("files_s3_access_key", "files_s3_secret_key"):
            if not getattr(settings, name):
                yield name, f"Set {name.upper()}, as FILES_URL leads to a bucket."
