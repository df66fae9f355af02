"""Fixtures of all tests but browser tests: real PostgreSQL, real Redis, the emulator."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import settings

from tests import invariants
from tests.integration.payments import emulator
from tests.outages import restart_ended
from tests.site import free_port
from ticketing_app.accounts import passwords
from ticketing_app.api import create_api
from ticketing_app.core import changes, db, logging, queues, redis
from ticketing_app.core.settings import get_settings
from ticketing_app.devstack.stack import Stack
from ticketing_app.subscriptions import WORK
from ticketing_app.work import jobs as work
from ticketing_app.work import nudge

work.register(WORK)

# httpcore searches for it at each request, in vain: a directory scan of every import path.
sys.modules.setdefault("sniffio", None)  # pyright: ignore[reportArgumentType]  # Python's mark of a module that is not there.

# The costs of production take 30 ms of CPU for each account of a test.
passwords._context = passwords._context.copy(argon2__memory_cost=64)

# Hypothesis' limit of 0.2 s per example fails tests on a busy machine.
settings.register_profile("unlimited", deadline=None)
settings.load_profile("unlimited")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """PostgreSQL, Redis, the Stripe emulator and the mailbox of this run alone; settings point there."""
    # Webhooks go to an unused port: a site that runs on this machine must not receive them.
    parts = {"postgres", "redis", "redis-state", "stripe", "mail"}
    stack = Stack(tmp_path_factory.mktemp("stack"), parts, web_port=free_port())
    stack.start()
    changed = {**stack.env, "TICKETING_DATA_DIR": str(stack.data_dir)}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    get_settings.cache_clear()
    # As in the product: structlog's default, a traceback with all locals, takes a second of CPU each.
    logging.configure()
    yield stack
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    get_settings.cache_clear()
    stack.destroy()


@pytest.fixture(scope="session")
async def _connections(stack: Stack) -> AsyncGenerator[None]:
    urls = stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"]
    async with invariants.shared_connections(*urls):
        yield


@pytest.fixture
async def database(
    stack: Stack,
    _connections: None,  # used by `invariants`.
) -> AsyncGenerator[None]:
    """Empty tables, Redis and Stripe's books; checks the invariants after the test."""
    # Else all later tests of this process fail as well.
    assert restart_ended(stack) == [], "It ended, or an earlier test left it stopped."
    await nudge.finish()
    await invariants.empty(stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"])
    await redis.client().flushall()
    changes.note(None)
    queues._scheduled.clear()
    yield
    broken = await invariants.broken_rules(stack.env["DATABASE_URL"], stack.env["STRIPE_API_BASE"])
    assert broken == []


@pytest.fixture
async def stripe_books(stack: Stack, database: None) -> AsyncGenerator[None]:  # noqa: ARG001  # order only.
    """Connect the buyers of the test to the emulator."""
    async with emulator.connect(stack.env["STRIPE_API_BASE"]):
        yield


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """The API of this process."""
    return create_api()


@pytest.fixture
async def api(application: FastAPI, database: None) -> AsyncGenerator[AsyncClient]:  # noqa: ARG001  # order only.
    """A browser-like client (it keeps cookies) of the API in this process."""
    transport = ASGITransport(application, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
def change_settings(
    stack: Stack,  # noqa: ARG001  # order only.
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Callable[..., None]]:
    """Change settings of this process until the test ends, as in `f(max_open_holds=2)`."""

    def change(**settings: object) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name.upper(), str(value))
        get_settings.cache_clear()

    yield change
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="session", autouse=True)
async def running_loop() -> AsyncGenerator[asyncio.AbstractEventLoop]:
    """The event loop of all tests; closes connections before the garbage collector would."""
    yield asyncio.get_running_loop()
    await db.dispose()
    await redis.dispose()
