"""Argon2id through passlib's API (package libpass), in threads off the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http import HTTPStatus
from typing import NamedTuple, TypeVar

from passlib.context import CryptContext

from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH
from ticketing_app.core.errors import AppError

Result = TypeVar("Result")

# Hashing is CPU-bound: more threads than processors would only increase latency.
THREADS = os.cpu_count() or 1
# One or two seconds of work; beyond that a refusal is better than a page that hangs.
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


class Verification(NamedTuple):
    """`new_hash` replaces a hash of lower cost; None if the hash is up to date."""

    is_right: bool
    new_hash: str | None


class PasswordQueueFullError(AppError):
    # Raised by every function of this module while QUEUE_LIMIT calls are waiting.
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = (
        "Very many people are signing in right now. Nothing was changed. Try again in a moment."
    )


async def hash_password(password: str) -> str:
    # About 20 ms of a thread.
    return await _run(_context.hash, password)


async def verify_password(password: str, password_hash: str) -> bool:
    return await _run(_context.verify, _cut(password), password_hash)


async def verify_and_update(password: str, password_hash: str | None) -> Verification:
    """Verify; a right password is hashed again if the costs rose since its hash was made."""
    # An unknown account has no hash, but must take the same time.
    known = password_hash or await _run(_placeholder_hash)
    is_right, new_hash = await _run(_context.verify_and_update, _cut(password), known)
    return Verification(is_right and password_hash is not None, new_hash)


def _cut(password: str) -> str:
    # passlib fails on very long texts. Cut to one character over the limit, they are rejected as a wrong
    # password, in the same time.
    return password[: PASSWORD_MAX_LENGTH + 1]


async def _run(work: Callable[..., Result], *args: str) -> Result:
    global _queued  # noqa: PLW0603  # the queue belongs to the process.
    if _queued >= QUEUE_LIMIT:
        raise PasswordQueueFullError
    _queued += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads(), partial(work, *args))
    finally:
        _queued -= 1


@cache
def _threads() -> ThreadPoolExecutor:
    # Separate from the default executor: other work must not wait behind passwords.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="password")


@cache
def _placeholder_hash() -> str:
    return _context.hash("placeholder")
