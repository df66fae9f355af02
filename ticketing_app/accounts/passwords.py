"""Argon2id through passlib's API (the package libpass), off the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http import HTTPStatus
from typing import TypeVar

from passlib.context import CryptContext

from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH
from ticketing_app.core.errors import AppError

Result = TypeVar("Result")

# Hashing is all CPU: more threads than processors only make every caller wait longer.
THREADS = os.cpu_count() or 1
# A second or two of work. Beyond that a refusal is kinder than a page that hangs.
QUEUE_LIMIT = 32 * THREADS

# The costs that OWASP's password storage cheat sheet recommends for Argon2id: 19 MiB, 2 passes.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)


_queued = 0


class PasswordQueueFullError(AppError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = (
        "Very many people are signing in right now. Nothing was changed. Try again in a moment."
    )


async def hash_password(password: str) -> str:
    """Return the salted hash; some 20 ms of a thread.

    Raises:
        PasswordQueueFullError: more are waiting than can be served soon.
    """
    return await _run(_context.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Compare; with no hash (unknown account) spend the same time and return false.

    Raises:
        PasswordQueueFullError: more are waiting than can be served soon.
    """
    known = password_hash or await _run(_stand_in_hash)
    # passlib fails on a very long text; one character too many is as wrong, in the same time.
    text = password[: PASSWORD_MAX_LENGTH + 1]
    return await _run(_context.verify, text, known) and password_hash is not None


async def _run(work: Callable[..., Result], *args: str) -> Result:
    global _queued  # noqa: PLW0603  # one counter beside the threads that it guards.
    if _queued >= QUEUE_LIMIT:
        raise PasswordQueueFullError
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads(), partial(work, *args))
    finally:
        _queued -= 1


@cache
def _threads() -> ThreadPoolExecutor:
    """Return threads of their own: other work off the loop must not wait behind passwords."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="password")


@cache
def _stand_in_hash() -> str:
    return _context.hash("nobody's password")
