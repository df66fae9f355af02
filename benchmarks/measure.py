"""Start a site, measure its processes, and compare results with their limits."""

import json
import os
import signal
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.site import Site

# The file to which `benchmarks.run` makes a benchmark write its figures as JSON lines.
FIGURES_FILE = "BENCHMARK_FIGURES"

# For clients that do the work of many accounts and addresses.
WITHOUT_LIMITS = {
    "MAX_OPEN_HOLDS": "1000000",
    "PAYMENT_LIMIT_PER_MINUTE": "0",
    "SEARCH_LIMIT_PER_ADDRESS_PER_MINUTE": "0",
    "SETTLE_LIMIT_PER_MINUTE": "0",
    "WRITE_LIMIT_PER_ADDRESS_PER_MINUTE": "0",
}


@contextmanager
def running_site(**settings: str) -> Generator[Site]:
    """The whole product on a temporary folder, for the block."""
    # SIGTERM also stops the site, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="gittix-benchmark-") as folder:
        # All clients run in one process and have one address.
        site = Site(Path(folder) / "data", SOCKET_MESSAGES_PER_SECOND="0", **settings)
        site.start()
        try:
            yield site
        finally:
            site.stop()


class Processes:
    """Processes with their children, as one."""

    def __init__(self, *pids: int) -> None:
        self._parents = [psutil.Process(pid) for pid in pids]

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, also by children that have ended."""
        # The last two of the parent are those of its ended children.
        own = sum(sum(parent.cpu_times()[:4]) for parent in self._parents)
        return own + self._sum_children(lambda child: sum(child.cpu_times()[:2]))

    def own_bytes(self) -> float:
        """Return the memory that they do not share with other processes (USS)."""
        own = sum(parent.memory_full_info().uss for parent in self._parents)
        return own + self._sum_children(lambda child: child.memory_full_info().uss)

    def _sum_children(self, measure: Callable[[psutil.Process], float]) -> float:
        total = 0.0
        for parent in self._parents:
            for child in parent.children(recursive=True):
                # It may have ended meanwhile.
                with suppress(psutil.NoSuchProcess):
                    total += measure(child)
        return total


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by this share (0 to 1) of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def check_limit(name: str, measured: float, limit: float, unit: str) -> bool:
    """Print the measured share of the limit; return whether it is within the limit."""
    is_kept = measured <= limit
    verdict = "ok" if is_kept else "OVER"
    told = format_figure(measured, limit)
    print(f"{name}: {told} of {limit:g} {unit}, ratio {measured / limit:.2f}: {verdict}")
    record(name, measured, unit, limit=limit, is_kept=is_kept)
    return is_kept


def check_least(name: str, measured: float, least: float, unit: str) -> bool:
    """Print a rate or share and its lower limit; return whether it reaches the limit."""
    is_kept = measured >= least
    verdict = "ok" if is_kept else "TOO LOW"
    told = format_figure(measured, least)
    print(f"{name}: {told} {unit}, at least {least:g}, ratio {measured / least:.2f}: {verdict}")
    record(name, measured, unit, least=least, is_kept=is_kept)
    return is_kept


def format_figure(measured: float, limit: float) -> str:
    return f"{measured:.1f}" if limit > 1.5 else f"{measured:.3f}"  # noqa: PLR2004  # Ratios are small.


def record(name: str, measured: float, unit: str, **facts: object) -> None:
    """Write a figure to the file of `benchmarks.run`, if that started this benchmark."""
    if path := os.environ.get(FIGURES_FILE):
        figure = {"name": name, "measured": measured, "unit": unit, **facts}
        with Path(path).open("a") as file:
            file.write(json.dumps(figure) + "\n")
