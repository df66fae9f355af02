"""Whether the site is where it says that it is, with the pages that belong to this program."""

from collections.abc import Iterator
from pathlib import Path

import httpx
from reflex.utils.prerequisites import get_web_dir
from reflex_base.constants import Dirs

from ticketing_app import routes
from ticketing_app.cli.checks.findings import Finding, judge, unknown
from ticketing_app.documents import build_stamp

ASK_SECONDS = 5
PAGES = (
    routes.TICKET_LIST,
    routes.TICKET_NEW,
    routes.TICKET_MINE,
    routes.TICKET_DETAIL,
    routes.TICKET_EDIT,
    routes.ORDER_LIST,
    routes.ORDER_DETAIL,
    routes.ACCOUNT,
    routes.SIGN_UP,
    routes.SIGN_IN,
    routes.SIGN_OUT,
)
BUILD = "build them: python -m reflex export --frontend-only --no-zip."


async def check_site(public_url: str) -> Finding:
    """Ask for the site as visitors do."""
    try:
        async with httpx.AsyncClient(timeout=ASK_SECONDS) as browser:
            answer = await browser.get(f"{public_url.rstrip('/')}/api/health/live")
        is_ours = answer.is_success and answer.json() == {"status": "ok"}
        told = (
            "the site answers there."
            if is_ours
            else f"answers {answer.status_code}, not as GitTix."
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        is_ours, told = False, f"no answer ({type(error).__name__})."
    remedy = "start the web process; let DNS and proxy lead there; see that PUBLIC_URL is right."
    return judge("site", is_ours, f"{public_url}: {told}", remedy)


def check_pages(folder: Path | None = None) -> Iterator[Finding]:
    """Look at the built pages in Reflex's folder, or in this one."""
    folder = folder or get_web_dir()
    files = [folder / Dirs.STATIC / page.lstrip("/") / "index.html" for page in PAGES]
    missing = [page for page, file in zip(PAGES, files, strict=True) if not file.exists()]
    told = f"missing in {folder}: {', '.join(missing)}." if missing else "all are built."
    yield judge("pages", not missing, told, BUILD)
    if missing:
        return
    is_current = build_stamp.is_current(folder)
    if is_current is None:
        yield unknown("build", "nobody noted what the pages were built from.")
    else:
        told = "of this program." if is_current else "of another version of the program, or brand."
        yield judge("build", is_current, told, BUILD)
