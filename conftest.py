"""What the tests of `tests` and `tests_e2e` share: one running site for all that judge from outside."""

from collections.abc import Generator

import pytest

from tests.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """The whole product in processes of its own, with an empty database at the start."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()
