"""pytest plugin of bin/test: traces the unit tests only, because tracing doubles the time of a test.

They cover every branch of the rules by themselves; bin/test --all traces all tests.
"""

from pathlib import Path

import pytest
from pytest_cov.plugin import CovPlugin

UNIT_TESTS = Path(__file__).parent / "unit"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    plugin = item.config.pluginmanager.getplugin("_cov")
    assert isinstance(plugin, CovPlugin)
    controller = plugin.cov_controller
    assert controller
    if item.path.is_relative_to(UNIT_TESTS) == controller.started:
        return
    if controller.started:
        controller.pause()
    else:
        controller.resume()
