"""pytest plugin of bin/test: traces the unit tests only, because tracing doubles the time of a test.

They cover every branch of the rules by themselves; bin/test --all traces all tests.
"""

from importlib import import_module
from pathlib import Path

import pytest
from pytest_cov.engine import CovController
from pytest_cov.plugin import CovPlugin

UNIT_TESTS = Path(__file__).parent / "unit"
PRODUCT = Path(__file__).parents[1] / "ticketing_app"


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Trace what the rules execute when they are imported, and nothing else of the collection."""
    for path in sorted(PRODUCT.glob("*/rules.py")):
        import_module(f"{PRODUCT.name}.{path.parent.name}.rules")
    controller = _controller(session.config)
    if controller.started:
        controller.pause()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    controller = _controller(item.config)
    if item.path.is_relative_to(UNIT_TESTS) == controller.started:
        return
    if controller.started:
        controller.pause()
    else:
        controller.resume()


def _controller(config: pytest.Config) -> CovController:
    plugin = config.pluginmanager.getplugin("_cov")
    assert isinstance(plugin, CovPlugin)
    controller = plugin.cov_controller
    assert controller
    return controller
