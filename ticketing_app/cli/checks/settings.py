"""Whether the settings make sense; that they can be read is known when this runs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from ticketing_app.cli.checks.findings import Finding, judge, unknown, wrong
from ticketing_app.core.settings import Settings

AT_LEAST_ONE = (
    "order_hold_seconds",
    "session_days",
    "database_pool_size",
)
AT_LEAST_ZERO = (
    "payment_grace_seconds",
    "signin_limit_per_minute",
    "signin_limit_per_address_per_minute",
    "signup_limit_per_hour",
    "trusted_proxy_hops",
)
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Judge what the settings say, without asking anybody."""
    too_small = [
        name.upper()
        for names, least in ((AT_LEAST_ONE, 1), (AT_LEAST_ZERO, 0))
        for name in names
        if getattr(settings, name) < least
    ]
    yield judge(
        "settings",
        not too_small,
        f"too small: {', '.join(too_small)}." if too_small else f"of {settings.ticketing_env}.",
        "the README says what each one means.",
    )
    yield _public_url(settings)
    yield judge(
        "DATABASE_URL",
        settings.database_url.startswith("postgresql+asyncpg://"),
        "set." if settings.database_url else "not set, and no stand-in runs.",
        "write postgresql+asyncpg://user:password@host/database.",
    )
    yield judge(
        "REDIS_URL",
        settings.redis_url.startswith(("redis://", "rediss://", "unix://")),
        "set." if settings.redis_url else "not set, and no stand-in runs.",
        "write rediss://:password@host:6379/0.",
    )
    if settings.is_served_over_https and not settings.trusted_proxy_hops:
        yield _proxy_hops(settings)


def _proxy_hops(settings: Settings) -> Finding:
    subject = "TRUSTED_PROXY_HOPS"
    if settings.is_production:
        detail = "0, so that all visitors behind the proxy that ends TLS share one rate limit."
        return wrong(subject, detail, "set it to the number of proxies in front, mostly 1.")
    return unknown(
        subject, "0. If a proxy ends TLS in front of the site, set it to the number of proxies."
    )


def _public_url(settings: Settings) -> Finding:
    url = urlsplit(settings.public_url)
    is_whole = url.scheme in {"http", "https"} and bool(url.hostname)
    is_bare = url.path in {"", "/"} and not url.query and not url.fragment
    is_public = settings.is_served_over_https and url.hostname not in LOCAL
    remedy = "write the address that people type, as https://ticketing.dev."
    if settings.is_production and not is_public:
        remedy = f"{remedy} Over plain http, cookies are not Secure."
    is_ok = is_whole and is_bare and (is_public or not settings.is_production)
    return judge("PUBLIC_URL", is_ok, f"{settings.public_url}.", remedy)
