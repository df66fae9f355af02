"""Outages of the parts of a stack that do not outlive their test."""

from collections.abc import Generator
from contextlib import contextmanager

from ticketing_app.devstack.stack import Stack


@contextmanager
def stopped(stack: Stack, part: str) -> Generator[None]:
    """Stop `part` for the block; it runs again even if the test fails."""
    stack.stop_part(part)
    try:
        yield
    finally:
        stack.start_part(part)


def restart_ended(stack: Stack) -> list[str]:
    """Start the parts that do not run, and return their names."""
    ended = [part for part in stack.parts if stack._children[part].poll() is not None]
    for part in ended:
        stack.start_part(part)
    return ended
