"""Processes that work on a payment and stop wherever others may come between, or they may die."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from enum import StrEnum, auto
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.payments.gateway import intents

_working: ContextVar["Actor | None"] = ContextVar("_working", default=None)


class Stop(StrEnum):
    """What an actor does next."""

    TRANSACTION = auto()
    CALL = auto()
    ANSWER = auto()


class Actor:
    """A process that carries out one use case, from stop to stop, as it is told to.

    It stops before each transaction, before each call to Stripe, and when the answer is there. Inside
    a transaction the database keeps processes apart, so that these are the places where they meet;
    but it may die after any statement there.
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
        """Whether it came to its end, or died."""
        return self._task.done()

    @property
    def result(self) -> object:
        """What the use case returned; none while it works, and when it died or was refused."""
        is_there = self.is_done and not self._task.cancelled() and not self._task.exception()
        return self._task.result() if is_there else None

    async def go_on(self, *, statements_to_live: int | None = None) -> None:
        """Let it run to its next stop or its end; it dies when so many statements are answered."""
        self._statements_to_live = statements_to_live
        self._stopped.clear()
        self._turn.set_result(None)
        await self.stopped()

    async def stopped(self) -> None:
        """Wait until it stops; an error that is no refusal is a bug.

        Raises:
            Exception: what the use case should not have raised.
        """
        await self._stopped.wait()
        if self.is_done and not self._task.cancelled():
            error = self._task.exception()
            if error and not isinstance(error, AppError):
                raise error

    async def die(self) -> None:
        """End the process where it stands."""
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
            # A refusal is an answer, too. Whoever dies hears none, as a call may make another one.
            await self._stop_before(Stop.ANSWER)
            raise
        await self._stop_before(Stop.ANSWER)
        return answer

    def count_statement(self) -> None:
        """A statement was answered.

        Raises:
            CancelledError: it was the last that this process lived to see.
        """
        if self._statements_to_live is not None:
            self._statements_to_live -= 1
            if self._statements_to_live <= 0:
                self._statements_to_live = None
                raise asyncio.CancelledError

    async def _live(self, work: Callable[[db.Transaction], Awaitable[object]]) -> object:
        # A task has a context of its own, so that this names the actor in whatever it does.
        _working.set(self)
        return await work(self.transaction)

    async def _stop_before(self, stop: Stop) -> None:
        self.next = stop
        self._turn = asyncio.get_running_loop().create_future()
        self._stopped.set()
        await self._turn


@contextmanager
def stopping() -> Generator[None]:
    """Let the calls to Stripe and the statements of actors be seen; anybody else's are let be."""
    with pytest.MonkeyPatch.context() as patch:
        for name, call in inspect.getmembers(intents, inspect.iscoroutinefunction):
            if call.__module__ == intents.__name__ and not name.startswith("_"):
                patch.setattr(intents, name, partial(_call, call))
        event.listen(Engine, "after_cursor_execute", _count_statement)
        yield
        event.remove(Engine, "after_cursor_execute", _count_statement)


async def _call(call: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:  # noqa: ANN401  # passed on.
    actor = _working.get()
    ask = partial(call, *args, **named)
    return await (actor.call(ask) if actor else ask())


def _count_statement(*_: object) -> None:
    if actor := _working.get():
        actor.count_statement()
