"""Fixtures of the cluster tests; the browser is started as for tests_e2e."""

from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import Browser

from k8s.lab.cluster import Cluster
from tests_e2e.conftest import browser_type_launch_args, visitors
from tests_e2e.steps import Visitor

__all__ = ["browser_type_launch_args"]


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def visitor(browser: Browser, cluster: Cluster) -> Generator[Callable[..., Visitor]]:
    """Make visitors as in tests_e2e, and check the invariants after they have left."""
    with visitors(browser, cluster) as make:
        yield make
