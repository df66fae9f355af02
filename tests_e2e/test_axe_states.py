"""axe finds no violations in any state of `docs.screenshots`: loading, unavailable, urgent and so on."""

from collections.abc import Generator

import pytest
from filelock import FileLock
from playwright.sync_api import Browser

from docs.screenshots.scenes import SCENES
from docs.screenshots.stage import Stage
from tests.site import Site
from tests_e2e.axe import violations

pytestmark = [pytest.mark.axe, pytest.mark.slow]


@pytest.fixture(scope="module")
def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """A site of these tests alone: empty at first, with outages of its parts."""
    site = Site(tmp_path_factory.mktemp("stage"))
    # As in the site of all tests: one of several processes builds the pages.
    with FileLock(tmp_path_factory.getbasetemp().parent / "build.lock"):
        site.start()
    yield Stage(site, browser)
    site.stop()


@pytest.mark.parametrize("name", SCENES)
def test_has_no_violations(stage: Stage, name: str) -> None:
    found: list[str] = []
    for is_known in (False, True):
        with stage.scene(is_onlooker_known=is_known):
            page = SCENES[name](stage)
            found += [f"known: {is_known}, {line}" for line in violations(page)]
        if not stage.has_onlooker:
            # The scene itself decides its viewer.
            break
    assert not found, "\n".join(found)
