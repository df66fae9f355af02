"""Checks of the public address and of the built pages."""

from collections.abc import Iterator
from pathlib import Path

import httpx

from ticketing_app.cli.checks.findings import Finding, judge, ok, unknown, wrong
from ticketing_app.documents import build_stamp, plugins, template

ASK_SECONDS = 5
PAGES = f"build/client/{template.FILE}"
BUILD = "build them: python -m reflex export --frontend-only --no-zip."


async def check_site(public_url: str) -> Finding:
    """Request the health check at the public address."""
    remedy = "start the web process; check DNS, the proxy and PUBLIC_URL."
    try:
        async with httpx.AsyncClient(timeout=ASK_SECONDS) as browser:
            answer = await browser.get(f"{public_url.rstrip('/')}/api/health/live")
        if answer.is_success and answer.json() == {"status": "ok"}:
            return ok("site", f"{public_url}: the site answers there.")
        detail = f"answers {answer.status_code}, not as GitTix."
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        detail = f"no answer ({type(error).__name__})."
    return wrong("site", f"{public_url}: {detail}", remedy)


def check_pages(folder: Path | None = None) -> Iterator[Finding]:
    """Check the built pages in this folder, by default Reflex's."""
    folder = folder or plugins.web_folder()
    pages = folder / PAGES
    is_built = pages.exists()
    detail = "all are built." if is_built else f"{pages} is missing."
    yield judge("pages", is_built, detail, BUILD)
    if not is_built:
        return
    is_current = build_stamp.is_current(folder)
    if is_current is None:
        yield unknown("build", "the pages carry no build stamp.")
    elif is_current:
        yield ok("build", "of this program.")
    else:
        yield wrong("build", "of another version of the program, or brand.", BUILD)
