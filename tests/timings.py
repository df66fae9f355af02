"""pytest plugin of bin/test: prints the seconds of each tier, the slowest files, tests and fixtures."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import psutil
import pytest

STEPS = "BIN_TEST_STEPS"
"""Environment variable: JSON object with the seconds of the steps that ran before pytest."""
SLOWEST = 20
FIXTURE = "fixture  "
SHORTEST_SECONDS = 0.1

_tiers: defaultdict[str, float] = defaultdict(float)
_files: defaultdict[str, float] = defaultdict(float)
_slowest: list[tuple[float, str]] = []


def pytest_configure() -> None:
    # Each call measures since the one before.
    psutil.cpu_percent()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Measure a fixture without the fixtures that it needs; the report carries it to the main process."""
    started = time.perf_counter()
    try:
        return (yield)
    finally:
        seconds = time.perf_counter() - started
        if seconds > SHORTEST_SECONDS:
            name = f"{FIXTURE}{fixturedef.argname}"
            request._pyfuncitem.user_properties.append((name, seconds))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    folder, _, rest = report.nodeid.partition("/")
    tier = "e2e" if folder == "tests_e2e" else rest.partition("/")[0]
    _tiers[tier] += report.duration
    _files[report.nodeid.partition("::")[0]] += report.duration
    if report.when != "setup":
        _slowest.append((report.duration, f"{report.when:8} {report.nodeid}"))
        return
    for name, seconds in report.user_properties:
        if name.startswith(FIXTURE):
            _slowest.append((float(str(seconds)), f"{name} of {report.nodeid}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("where the time went")
    terminalreporter.line(
        f"{psutil.cpu_percent():8.0f} %  of the processors used by the tests and others"
    )
    steps = json.loads(os.environ.get(STEPS, "{}"))
    for name, seconds in [*steps.items(), *_tiers.items()]:
        terminalreporter.line(f"{seconds:8.1f} s  {name}")
    by_file = [(seconds, name) for name, seconds in _files.items()]
    for entries, what in ((by_file, "files"), (_slowest, "tests and fixtures")):
        slowest = sorted(entries, reverse=True)[:SLOWEST]
        total = sum(seconds for seconds, _ in slowest)
        terminalreporter.line(f"{total:8.1f} s  the {SLOWEST} slowest {what}:")
        for seconds, name in slowest:
            terminalreporter.line(f"{seconds:8.1f} s  {name}")
