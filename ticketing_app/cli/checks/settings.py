"""Checks of valid settings that may still be wrong for this installation."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ticketing_app.cli.checks.findings import Finding, judge, ok, unknown, wrong
from ticketing_app.core.settings import Settings
from ticketing_app.ui.content import articles

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
    if settings.content_dir:
        yield _content_dir(settings.content_dir)


def _content_dir(folder: Path) -> Finding:
    """Check the operator's own pages; a cluster mounts the folder only where pages are served."""
    if not folder.is_dir():
        return unknown("CONTENT_DIR", f"{folder} is no folder, so the pages are the program's.")
    pages = {article.name for article in articles.list_shipped()}
    files = [file for file in sorted(folder.glob("*")) if file.is_file()]
    wrong_files = [
        file.name
        for file in files
        if file.suffix != ".md" or file.stem not in pages or not _is_text(file)
    ]
    found = f"replaces {', '.join(file.stem for file in files) or 'no page'}."
    return judge(
        "CONTENT_DIR",
        not wrong_files,
        found if not wrong_files else f"cannot use {', '.join(wrong_files)}.",
        f"name each file like a page, as UTF-8 text: {', '.join(sorted(pages))} and .md.",
    )


def _is_text(file: Path) -> bool:
    try:
        file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return True


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
