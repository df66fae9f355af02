"""What the tests of `tests` and `tests_e2e` share: one running site for all that judge from outside."""

import gc
import os
from collections.abc import Generator

# Reflex reads rxconfig.py as soon as a page is imported; that must not start the stand-ins of a person.
os.environ["TICKETING_DEVSTACK"] = "false"

import pytest
from filelock import FileLock

from tests.site import Site

pytest_plugins = ["tests.timeouts"]

# Modules and collected tests live until the end. Scanning them for garbage took a third of the collection.
gc.disable()


def pytest_collection_finish() -> None:
    """Exclude all that was collected from the scans during the tests."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """The whole product in processes of its own, with an empty database at the start."""
    site = Site(tmp_path_factory.mktemp("site"))
    # Of several processes of tests one builds the pages; the others wait, and find them built.
    with FileLock(tmp_path_factory.getbasetemp().parent / "build.lock"):
        site.start()
    yield site
    site.stop()
