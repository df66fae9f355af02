"""Cost of requests while the site grows: `python -m benchmarks.growth [PART ...] [--quick]`.

Parts: `tickets` in the market, tickets of an `order`, open `pages`, web `processes`. A cost is CPU time, which depends
less on a busy machine than the time until a response.
"""

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import growth_orders, growth_pages, growth_processes, growth_tickets

Sizes = tuple[int, ...]


class Part(NamedTuple):
    measure: Callable[[Sizes], bool]
    sizes: Sizes
    smallest: Sizes


PARTS = {
    "tickets": Part(growth_tickets.main, (1_000, 10_000, 100_000, 1_000_000), (300, 600)),
    "order": Part(growth_orders.main, (1, 2, 4, 6, 8, 10), (1, 2)),
    "pages": Part(growth_pages.main, (10, 100, 500, 1_000, 2_000), (2, 4, 8)),
    "processes": Part(growth_processes.main, (1, 2), (1, 2)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how costs grow.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="default: all")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes")
    arguments = parser.parse_args()
    chosen = arguments.parts or list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        parser.error(f"not one of {', '.join(PARTS)}: {', '.join(unknown)}")
    parts = [PARTS[name] for name in chosen]
    verdicts = [part.measure(part.smallest if arguments.quick else part.sizes) for part in parts]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
