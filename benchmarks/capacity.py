"""How many users the deployment of `k8s/` carries: `python -m benchmarks.capacity [--write]`.

Prints the tables of docs/capacity.md, or writes them there. They follow from the newest results in
`benchmarks/results/`, the manifests, and the assumptions of `benchmarks/capacity_model.py`.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import results
from benchmarks.capacity_model import Assumptions, Costs, Limit, Model, calculate_load
from benchmarks.report import replace_part
from benchmarks.results import Results
from ticketing_app.devstack.stack import ROOT

DOCUMENT = ROOT / "docs/capacity.md"
USERS = (10_000, 100_000, 1_000_000)
MOST_USERS = 1_000_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description="Print or write the tables of docs/capacity.md.")
    parser.add_argument("--write", action="store_true")
    is_written = parser.parse_args().write
    found = results.newest()
    for name, part in parts(found).items():
        print(f"{name}\n\n{part}\n")
    if is_written:
        update(found)
    return 0


def update(found: Results, document: Path = DOCUMENT) -> None:
    text = document.read_text()
    for name, part in parts(found).items():
        text = replace_part(text, name, part)
    document.write_text(text)


def parts(found: Results) -> dict[str, str]:
    """Return the tables by the names of their markers."""
    assumed = Assumptions()
    try:
        limits = _limits_table(Model(Costs(found, assumed.tickets_per_order), assumed))
    except KeyError as error:
        limits = f"Not measured yet: {error}."
    return {
        "assumptions": _assumptions(assumed),
        "load": _load_table(assumed),
        "limits": limits,
    }


def _assumptions(assumed: Assumptions) -> str:
    named = assumed._asdict().items()
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in named) + "."


def _load_table(assumed: Assumptions) -> str:
    loads = [calculate_load(users, assumed)._asdict() for users in USERS]
    rows = [_row("users", [f"{users:,}" for users in USERS]), "|---|---|---|---|"]
    rows += [
        _row(name.replace("_", " "), [_short(load[name]) for load in loads]) for name in loads[0]
    ]
    return "\n".join(rows)


def _limits_table(model: Model) -> str:
    limits = sorted(model.limits(), key=lambda limit: reached_at(model, limit))
    heading = [f"{users:,} users" for users in USERS]
    rows = [_row("need", [*heading, "there is", "reached at"]), "|---|---|---|---|---|---|"]
    for limit in limits:
        needs = [_short(limit.need(users)) for users in USERS]
        have = f"{_short(model.usable(limit))} {limit.unit}".strip()
        rows.append(_row(limit.name, [*needs, have, _users(reached_at(model, limit))]))
    return "\n".join(rows)


def reached_at(model: Model, limit: Limit) -> float:
    """Return the number of users that needs more than there is; needs only grow."""
    low = 1.0
    high = float(MOST_USERS)
    while high / low > 1.01:  # noqa: PLR2004  # To a percent.
        middle = (low * high) ** 0.5
        if limit.need(middle) > model.usable(limit):
            high = middle
        else:
            low = middle
    return high


def _users(number: float) -> str:
    if number >= MOST_USERS:
        return "never"
    # Two digits: the model is not more exact.
    return f"{float(f'{number:.1e}'):,.0f}" if number > 2 else "the start"  # noqa: PLR2004  # A first user.


def _short(number: float) -> str:
    if number >= 100:  # noqa: PLR2004  # As many digits as are known.
        return f"{float(f'{number:.2e}'):,.0f}"
    return f"{number:.2g}"


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
