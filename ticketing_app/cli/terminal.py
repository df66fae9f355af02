import argparse
import sys
from typing import Protocol


class Commands(Protocol):
    """The object that argparse's `add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...  # noqa: A002  # argparse's name.


def write_line(line: str) -> None:
    """Write and flush a line, for readers of a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
