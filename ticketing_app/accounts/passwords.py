"""Argon2id through passlib's API (the package libpass), off the event loop."""

import asyncio
from functools import cache

from passlib.context import CryptContext

from ticketing_app.accounts.rules import PASSWORD_MAX_LENGTH

# The costs that OWASP's password storage cheat sheet recommends for Argon2id: 19 MiB, 2 passes.
_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)


async def hash_password(password: str) -> str:
    """Return the salted hash; some 20 ms of a thread."""
    return await asyncio.to_thread(_context.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Compare; with no hash (unknown account) spend the same time and say no."""
    known = password_hash or await asyncio.to_thread(_stand_in_hash)
    # passlib fails on a very long text; one character too many is as wrong, in the same time.
    text = password[: PASSWORD_MAX_LENGTH + 1]
    return await asyncio.to_thread(_context.verify, text, known) and password_hash is not None


@cache
def _stand_in_hash() -> str:
    return _context.hash("nobody's password")
