"""The generated parts of docs/performance.md: tables and plots of the kept results."""

import json
from pathlib import Path

from benchmarks.capacity_model import Assumptions
from benchmarks.components import POSTGRES, REDIS
from benchmarks.http_load import LOAD_GENERATOR
from benchmarks.measure import format_figure
from benchmarks.results import Figure, Result, Results
from ticketing_app.devstack.stack import ROOT

DOCUMENT = ROOT / "docs/performance.md"
# By series and unit.
TITLES = {
    ("tickets", "ms of CPU"): "CPU of a request by tickets in the market",
    ("order", "ms of CPU"): "CPU of an order by its tickets",
    ("pages", "microseconds of CPU"): "CPU of a delivery by open pages",
    ("pages", "KiB"): "Memory of a page by open pages",
    ("processes", "ms of CPU"): "CPU of a request by web processes",
    ("processes", "requests/s"): "Requests a second by web processes",
}
NOTHING = "Not measured yet."
ORDERS_BY_CORE = "orders by one core of "
# Others are multiplied by further processes.
SINGLE = {POSTGRES, REDIS, "relay", "scheduler"}
MILLION = 1_000_000
THOUSAND = 1_000


def update(results: Results, document: Path = DOCUMENT) -> None:
    parts = {"results": results_part(results), "growth": growth_part(results)}
    text = document.read_text()
    for name, part in parts.items():
        text = replace_part(text, name, part)
    document.write_text(text)


def replace_part(text: str, name: str, part: str) -> str:
    """Put `part` between the markers of this name; raises ValueError without them."""
    begin = f"<!-- {name} -->\n"
    end = f"<!-- end of {name} -->"
    head, _, rest = text.partition(begin)
    _, marker, tail = rest.partition(end)
    if not marker:
        raise ValueError(name)
    return f"{head}{begin}\n{part}\n\n{marker}{tail}"


def results_part(results: Results) -> str:
    if not results.benchmarks:
        return NOTHING
    return f"{results.date}, {results.machine}.\n\n{table(results)}"


def table(results: Results) -> str:
    rows = ["| benchmark, figure | measured | limit | ratio | |", "|---|---|---|---|---|"]
    for name, result in results.benchmarks.items():
        rows.append(_heading(name, result, results.machine))
        rows += [_row(figure) for figure in result.figures if figure.is_kept is not None]
    return "\n".join(rows)


def _heading(name: str, result: Result, machine: str) -> str:
    shares = [each.measured for each in result.figures if each.name == LOAD_GENERATOR]
    generator = f", load generator {shares[0]:.0%} of a core" if shares else ""
    other = "" if result.machine == machine else f", on {result.machine}"
    loop = f", loop {result.loop_ms[0]} and {result.loop_ms[1]} ms" if result.loop_ms else ""
    origin = f"{result.seconds:.0f} s, {result.commit}, {result.date}{other}{loop}{generator}"
    return f"| **{name}** ({origin}) | | | | {result.outcome} |"


def _row(figure: Figure) -> str:
    bound = figure.limit if figure.limit is not None else figure.least or 0
    word = "at most" if figure.limit is not None else "at least"
    measured = f"{format_figure(figure.measured, bound)} {figure.unit}".strip()
    verdict = "ok" if figure.is_kept else "**missed**"
    ratio = figure.measured / bound if bound else 0
    return f"| {figure.name} | {measured} | {word} {bound:g} | {ratio:.2f} | {verdict} |"


def growth_part(results: Results) -> str:
    parts: list[str] = []
    for (series, unit), title in TITLES.items():
        lines = {
            name: points
            for name, points in results.points("growth", series).items()
            if next(iter(points.values())).unit == unit
        }
        if lines:
            parts += [_series_table(series, unit, lines), _plot(title, unit, lines)]
    parts.append(_first_limit(results))
    return "\n\n".join(filter(None, parts)) or NOTHING


def _first_limit(results: Results) -> str:
    """Return a sentence with the component that limits the rate of orders; empty without results."""
    growth = results.benchmarks.get("growth")
    rates = {
        each.name.removeprefix(ORDERS_BY_CORE): each.measured
        for each in (growth.figures if growth else ())
        if each.name.startswith(ORDERS_BY_CORE)
    }
    if not rates:
        return ""
    listed = ", ".join(f"{name} {rates[name]:.0f}" for name in sorted(rates, key=rates.__getitem__))
    cores = Assumptions().postgres_cores
    most = {
        name: rates[name] * (cores if name == POSTGRES else 1) for name in SINGLE & rates.keys()
    }
    first = min(most, key=most.__getitem__)
    return (
        f"Orders of one ticket that one core holds and completes in a second: {listed}. Web processes, jobs, consumers "
        f"and `outside` are multiplied. There is one relay, one scheduler, one thread of Redis, and one PostgreSQL, "
        f"here of {cores} cores: **{first} breaks first, at {most[first]:.0f} orders a second**."
    )


def _series_table(series: str, unit: str, lines: dict[str, dict[float, Figure]]) -> str:
    xs = _xs(lines)
    rows = [
        f"| {series}, {unit} | {' | '.join(map(_count, xs))} |",
        f"|---|{'---|' * len(xs)}",
    ]
    for name, points in lines.items():
        cells = [f"{points[x].measured:.2f}" if x in points else "" for x in xs]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _plot(title: str, unit: str, lines: dict[str, dict[float, Figure]]) -> str:
    """Return a Mermaid chart, which GitHub draws; it has no legend, so a sentence names the lines."""
    xs = _xs(lines)
    # Parts of another line, as in "hold, PostgreSQL", are only in the table. A line needs all points.
    drawn = {
        name: [points[x].measured for x in xs]
        for name, points in lines.items()
        if ", " not in name and points.keys() == set(xs)
    }
    names = sorted(drawn, key=lambda name: drawn[name][-1], reverse=True)
    chart = [
        "```mermaid",
        "xychart-beta",
        f'    title "{title}"',
        f"    x-axis {json.dumps([_count(x) for x in xs])}",
        f'    y-axis "{unit}" 0 --> {1.1 * max(map(max, drawn.values()), default=1):.2f}',
        *(f"    line [{', '.join(f'{y:.2f}' for y in ys)}]" for ys in drawn.values()),
        "```",
    ]
    return "\n".join([*chart, "", f"Lines, from the top at the right end: {', '.join(names)}."])


def _xs(lines: dict[str, dict[float, Figure]]) -> list[float]:
    return sorted({x for points in lines.values() for x in points})


def _count(x: float) -> str:
    if x >= MILLION:
        return f"{x / MILLION:g}M"
    return f"{x / THOUSAND:g}k" if x >= THOUSAND else f"{x:g}"
