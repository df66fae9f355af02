"""A real browser on the real stack; after each journey no rule of the product may be broken."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests import chromium
from tests.site import Site
from tests_e2e.scenes import Fixtures
from tests_e2e.steps import Visitor

# Generous for a busy machine; a failing expectation takes this long.
PATIENCE_MS = 15_000
ARRIVAL_MS = 2_000
LONGEST_FILES = (
    "test_reflex_run.py",
    "test_axe.py",
    "test_sell.py",
    "test_order_page.py",
    "test_cards.py",
    "test_event_page.py",
)
"""They take half of the time of all browser tests."""
expect.set_options(timeout=PATIENCE_MS)


class Place(Protocol):
    """A running product: a site of these tests, or a whole cluster."""

    url: str

    def broken_rules(self) -> list[str]:
        """Return a sentence for each broken rule of the product."""
        ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests, and move them behind all others, the longest files first.

    After them no asyncio test can run in the same process. A long file is not left to the end,
    where the other processes would wait for it.
    """
    for item in items:
        if _is_browser_test(item):
            item.add_marker(pytest.mark.e2e)
            # The product runs in other processes; tracing the client here would only cost time.
            item.add_marker(pytest.mark.no_cover)
    items.sort(key=lambda item: (_is_browser_test(item), _rank(item.path.name)))


def _rank(name: str) -> int:
    return LONGEST_FILES.index(name) if name in LONGEST_FILES else len(LONGEST_FILES)


def _is_browser_test(item: pytest.Item) -> bool:
    return item.path.is_relative_to(Path(__file__).parent)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The headless shell, else a Chromium; sandboxes need rights that containers lack."""
    return {
        "executable_path": chromium.find(prefers_shell=True),
        "args": [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Generator[Callable[..., Visitor]]:
    """Make visitors with a browser profile of their own; `visitor(signed_in=False)` for strangers."""
    with visitors(browser, site) as make:
        yield make


@pytest.fixture(scope="module")
def fixtures(browser: Browser, site: Site) -> Generator[Fixtures]:
    """Visitors with tickets and orders in every state, valid while a hold lasts."""
    with visitors(browser, site) as make:
        yield Fixtures(make, site)


@contextmanager
def visitors(browser: Browser, site: Place) -> Generator[Callable[..., Visitor]]:
    """Make visitors; at the end of the block no page had an error and no rule is broken."""
    contexts = []

    def make(
        *,
        signed_in: bool = True,
        url: str = site.url,
        locale: str = "en-US",
        **options: Any,  # noqa: ANN401  # Playwright's.
    ) -> Visitor:
        context = browser.new_context(base_url=url, locale=locale, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        someone = Visitor(context)
        if signed_in:
            someone.sign_up()
        return someone

    yield make
    pages = [page for context in contexts for page in context.pages]
    crashes = [error for page in pages for error in errors_of(page)]
    refusals = [text for page in pages for text in refusals_of(page)]
    # Chromium may never end closing a page that is on its way to another document (Playwright #42068).
    for page in pages:
        with suppress(PlaywrightError):
            page.goto("about:blank", timeout=ARRIVAL_MS)
    for context in contexts:
        context.close()
    # Playwright runs an event loop in this thread, so the rules are checked in another one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(site.broken_rules).result() == []
    assert crashes == []
    assert refusals == []


def errors_of(page: Page) -> list[str]:
    """Return the uncaught exceptions of the page's scripts."""
    return [str(error) for error in page.page_errors()]


def refusals_of(page: Page) -> list[str]:
    """Return the violations of the page's Content-Security-Policy."""
    texts = [message.text for message in page.console_messages()]
    return [text for text in texts if "Content Security Policy" in text]
