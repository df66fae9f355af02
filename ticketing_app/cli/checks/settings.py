"""Checks of valid settings that may still be wrong for this installation."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from ticketing_app.cli.checks.findings import Finding, judge, ok, unknown, wrong
from ticketing_app.core.settings import Settings

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def check_settings(settings: Settings) -> Iterator[Finding]:
    yield ok("settings", f"of {settings.ticketing_env}.")
    yield _public_url(settings)
    # In development the stand-ins set these.
    for name in ("database_url", "redis_url"):
        is_set = bool(getattr(settings, name))
        detail = "set." if is_set else "not set, and no stand-in runs."
        yield judge(name.upper(), is_set, detail, "start bin/dev, or set it.")
    if settings.is_served_over_https and not settings.trusted_proxy_hops:
        yield _proxy_hops(settings)


def _public_url(settings: Settings) -> Finding:
    is_public = (
        settings.is_served_over_https and urlsplit(settings.public_url).hostname not in LOCAL
    )
    return judge(
        "PUBLIC_URL",
        is_public or not settings.is_production,
        f"{settings.public_url}.",
        "write the public https address of the site: over plain http, cookies are not Secure.",
    )


def _proxy_hops(settings: Settings) -> Finding:
    subject = "TRUSTED_PROXY_HOPS"
    if settings.is_production:
        detail = "0, so that all visitors behind the proxy that ends TLS share one rate limit."
        return wrong(subject, detail, "set it to the number of proxies in front, mostly 1.")
    return unknown(
        subject, "0. If a proxy ends TLS in front of the site, set it to the number of proxies."
    )
