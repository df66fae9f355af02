"""A time limit for every test: a hanging test fails, and its fixtures still stop their processes.

pytest-timeout raises the failure inside the test; asyncio and fixtures need some more.
"""

import asyncio
import signal
from collections.abc import Generator
from io import StringIO

import pytest
from pytest_timeout import Settings

# The 5,000 schedules of payments take 40 minutes, more on a busy machine.
SLOW_SECONDS = 7200
AGAIN_SECONDS = 10
CANCEL_SECONDS = 5
LIMIT = pytest.StashKey[Settings]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> Generator[None, bool, bool]:
    """Repeat the alarm: one that interrupts a task beside the test fails only that task."""
    item.stash[LIMIT] = settings
    is_set = yield
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, AGAIN_SECONDS)
    return is_set


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Give the fixtures their own limit: the one of a failed test is no longer set."""
    if LIMIT in item.stash:
        item.ihook.pytest_timeout_set_timer(item=item, settings=item.stash[LIMIT])
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Cancel unfinished tasks on the shared event loop, and report their stacks."""
    loop = item.funcargs.get("running_loop") if isinstance(item, pytest.Function) else None
    if (
        call.excinfo is not None
        and call.excinfo.errisinstance(pytest.fail.Exception)
        and isinstance(loop, asyncio.AbstractEventLoop)
        and (left := asyncio.all_tasks(loop))
    ):
        stacks = StringIO()
        for task in left:
            task.print_stack(file=stacks)
            task.cancel()
        loop.run_until_complete(asyncio.wait(left, timeout=CANCEL_SECONDS))
        item.add_report_section(call.when, "unfinished", stacks.getvalue())
    return (yield)
