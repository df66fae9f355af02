"""Fixtures of the cluster's tests; the browser is started as for tests_e2e."""

from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import Browser

from k8s.lab.cluster import Cluster
from tests_e2e.conftest import browser_type_launch_args, visitors
from tests_e2e.steps import Visitor

__all__ = ["browser_type_launch_args"]


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that k8s/lab/run made."""
    return Cluster()


@pytest.fixture
def visitor(browser: Browser, cluster: Cluster) -> Generator[Callable[..., Visitor]]:
    """As in tests_e2e: people with a browser, and no broken rule when they are gone."""
    with visitors(browser, cluster) as make:
        yield make
