"""Results of all benchmarks, kept as one JSON file per day in `benchmarks/results/`."""

import subprocess
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from ticketing_app.devstack.stack import ROOT

FOLDER = Path(__file__).parent / "results"


class Outcome(StrEnum):
    OK = "ok"
    OVER = "over a limit"
    FAILED = "failed"
    TIMEOUT = "timed out"
    NOT_RUN = "not run"


class Figure(BaseModel):
    """A measured value, mostly with an upper or lower limit; or the point at `x` of a series."""

    name: str
    measured: float
    unit: str
    limit: float | None = None
    least: float | None = None
    is_kept: bool | None = None
    series: str | None = None
    x: float | None = None


class Result(BaseModel):
    """The last run of one benchmark.

    `load` is the load average of the machine before it; `loop_ms` are the milliseconds of a fixed loop before and
    after it: the speed of a shared machine changes within minutes.
    """

    outcome: Outcome
    date: str
    commit: str
    machine: str = ""
    seconds: float = 0
    load: float = 0
    loop_ms: list[int] = []
    figures: list[Figure] = []

    def figure(self, name: str) -> Figure:
        """Return the figure with this name; raises KeyError."""
        for each in self.figures:
            if each.name == name:
                return each
        raise KeyError(name)


class Results(BaseModel):
    """The last run of each benchmark; `date` and `machine` are those of the newest one."""

    date: str
    machine: str
    benchmarks: dict[str, Result]

    def points(self, benchmark: str, series: str) -> dict[str, dict[float, Figure]]:
        """Return the figures of a series: by name, then by `x`; empty if there are none."""
        found: dict[str, dict[float, Figure]] = {}
        result = self.benchmarks.get(benchmark)
        for figure in result.figures if result else ():
            if figure.series == series and figure.x is not None:
                found.setdefault(figure.name, {})[figure.x] = figure
        return found


def newest(folder: Path = FOLDER) -> Results:
    files = sorted(folder.glob("*.json"))
    if not files:
        return Results(date="", machine="", benchmarks={})
    return Results.model_validate_json(files[-1].read_text())


def write(results: Results, folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    text = results.model_dump_json(indent=1, exclude_defaults=True)
    (folder / f"{results.date}.json").write_text(text + "\n")


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603  # Our own words.
    return done.stdout.strip() or "unknown"
