import pytest

from tests import factories


@pytest.fixture
async def cities(database: None) -> None:  # noqa: ARG001  # order only.
    """The cities of the factories."""
    await factories.make_cities()
