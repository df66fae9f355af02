"""Argon2id through passlib's API (package libpass), and a check for common passwords; in threads off the event loop."""

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http import HTTPStatus
from typing import NamedTuple, TypeVar

from passlib.context import CryptContext
from zxcvbn import zxcvbn

from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.settings import get_settings

Result = TypeVar("Result")

# Hashing is CPU-bound: more threads than processors would only increase latency.
THREADS = os.cpu_count() or 1
# One or two seconds of work; beyond that a refusal is better than a page that hangs.
QUEUE_LIMIT = 32 * THREADS
NICENESS = 10

# The costs that OWASP's password storage cheat sheet recommends for Argon2id: 19 MiB, 2 passes.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
COMMON = (
    "This password is easy to guess: it is on the lists that attackers try first. "
    "Please take another one, for example a few words in a row."
)
# Longer ones are judged by their beginning: the time grows with the square of the length.
JUDGED_LENGTH = 72
GUESSED_AT_ONCE = 0
# A password that is a word of these dictionaries of zxcvbn is refused at any score.
LISTS = ("passwords", "user_inputs")
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


async def require_uncommon(password: str, *, email: str, field: str) -> None:
    """Raises InvalidInputError for `field`: the password is a common one, the brand, or part of the address."""
    local_part, _, _ = email.partition("@")
    words = [get_settings().brand_name, local_part, email]
    if await _run(_is_common, _normalise(password), *words):
        raise InvalidInputError([(field, COMMON)])


def _is_common(password: str, *words: str) -> bool:
    judged = zxcvbn(password[:JUDGED_LENGTH], user_inputs=list(words))
    parts = judged["sequence"]
    is_listed = len(parts) == 1 and parts[0].get("dictionary_name") in LISTS
    return is_listed or judged["score"] == GUESSED_AT_ONCE


async def hash_password(password: str) -> str:
    # About 20 ms of a thread.
    return await _run(_context.hash, _normalise(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    return (await verify_and_update(password, password_hash)).is_right


async def verify_and_update(password: str, password_hash: str | None) -> Verification:
    """Verify; a right password is hashed again if the costs rose since its hash was made."""
    # An account without a hash, or no account, must take the same time.
    known = password_hash or await _run(_placeholder_hash)
    is_right, new_hash = await _run(_verify, _cut(password), known)
    return Verification(is_right and password_hash is not None, new_hash)


def _verify(password: str, password_hash: str) -> tuple[bool, str | None]:
    normalised = _normalise(password)
    is_right, new_hash = _context.verify_and_update(normalised, password_hash)
    if is_right or normalised == password:
        return is_right, new_hash
    # Hashes of earlier versions are of the password as it was typed.
    is_right = _context.verify(password, password_hash)
    return is_right, _context.hash(normalised) if is_right else None


def _normalise(password: str) -> str:
    # Keyboards differ in how they compose accents.
    return unicodedata.normalize("NFKC", password)


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
    return ThreadPoolExecutor(THREADS, thread_name_prefix="password", initializer=_be_nice)


def _be_nice() -> None:
    # Linux has a priority per thread: the event loop, and so everyone who is not signing in, goes first.
    if sys.platform == "linux":
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), own + NICENESS)


@cache
def _placeholder_hash() -> str:
    return _context.hash("placeholder")
