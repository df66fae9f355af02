"""How commands speak."""

import argparse
import sys
from typing import Protocol


class Commands(Protocol):
    """What argparse's `add_subparsers` returns: each family of commands adds its own to it."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002  # as argparse calls it.
        """Add a command."""
        ...


def say(line: str) -> None:
    """Write a line that is there at once, also for a program that reads it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
