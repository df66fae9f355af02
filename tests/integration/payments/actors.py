"""Simulated processes that pause wherever another one may interleave, and may die there."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from enum import StrEnum, auto
from functools import partial
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.payments.gateway import intents

_current_actor: ContextVar["Actor | None"] = ContextVar("_current_actor", default=None)


FAULTS = {
    "lost": ("lost", False),
    "500": ("500", False),
    "late 500": ("500", True),
    "stored 500": ("stored500", False),
    "late stored 500": ("stored500", True),
    "429": ("429", False),
    "down": ("down", False),
}
"""Faults of a call to Stripe: the name at the emulator, and whether the request takes effect first."""


class Stop(StrEnum):
    """The next step of an actor."""

    TRANSACTION = auto()
    CALL = auto()
    ANSWER = auto()


class StepPlan(NamedTuple):
    """Progress of an actor: the number of pauses to pass, and its action at the last one.

    `then` is finish, wait, die, a number (it dies after so many statements of its next transaction), or the
    fault of its next call to Stripe.
    """

    stops: int
    then: str | int


FINISH = StepPlan(0, "finish")


class Actor:
    """A simulated process: runs one use case from pause to pause.

    It pauses before each transaction, before each call to Stripe, and after the response. Inside a transaction
    the database isolates processes, so these are the points of interleaving; but it may die after any statement.
    """

    def __init__(self, work: Callable[[db.Transaction], Awaitable[object]]) -> None:
        self.next: Stop | None = None
        self._statements_to_live: int | None = None
        self._turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped = asyncio.Event()
        self._task = asyncio.create_task(self._live(work))
        self._task.add_done_callback(lambda _: self._stopped.set())

    @property
    def is_done(self) -> bool:
        return self._task.done()

    @property
    def result(self) -> object:
        """Result of the use case; None while it runs, after its death and after a refusal."""
        is_there = self.is_done and not self._task.cancelled() and not self._task.exception()
        return self._task.result() if is_there else None

    async def resume(self, *, statements_to_live: int | None = None) -> None:
        """Run to the next pause or the end; dies after `statements_to_live` statements."""
        self._statements_to_live = statements_to_live
        self._stopped.clear()
        self._turn.set_result(None)
        await self.stopped()

    async def stopped(self) -> None:
        """Wait for its next pause; re-raises unexpected errors."""
        await self._stopped.wait()
        if self.is_done and not self._task.cancelled():
            error = self._task.exception()
            if error and not isinstance(error, AppError):
                raise error

    async def die(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        await self._stop_before(Stop.TRANSACTION)
        async with db.transaction() as session:
            yield session

    async def call(self, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401  # passed on.
        await self._stop_before(Stop.CALL)
        try:
            answer = await ask()
        except Exception:
            # A refusal is a response, too.
            await self._stop_before(Stop.ANSWER)
            raise
        await self._stop_before(Stop.ANSWER)
        return answer

    def count_statement(self) -> None:
        """Count a finished statement; raises `CancelledError` after the last of its life."""
        if self._statements_to_live is not None:
            self._statements_to_live -= 1
            if self._statements_to_live <= 0:
                self._statements_to_live = None
                raise asyncio.CancelledError

    async def _live(self, work: Callable[[db.Transaction], Awaitable[object]]) -> object:
        # Each task has its own context, so this identifies the actor in all that it runs.
        _current_actor.set(self)
        return await work(self.transaction)

    async def _stop_before(self, stop: Stop) -> None:
        self.next = stop
        self._turn = asyncio.get_running_loop().create_future()
        self._stopped.set()
        await self._turn


@contextmanager
def intercept_actors() -> Generator[None]:
    """Make calls to Stripe and SQL statements of actors visible to them; other callers are unaffected."""
    with pytest.MonkeyPatch.context() as patch:
        for name, call in inspect.getmembers(intents, inspect.iscoroutinefunction):
            if call.__module__ == intents.__name__ and not name.startswith("_"):
                patch.setattr(intents, name, partial(_call, call))
        event.listen(Engine, "after_cursor_execute", _count_statement)
        yield
        event.remove(Engine, "after_cursor_execute", _count_statement)


async def _call(call: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:  # noqa: ANN401  # passed on.
    actor = _current_actor.get()
    ask = partial(call, *args, **named)
    return await (actor.call(ask) if actor else ask())


def _count_statement(*_: object) -> None:
    if actor := _current_actor.get():
        actor.count_statement()
