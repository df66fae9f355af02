"""Runs all benchmarks, one after the other: `python -m benchmarks.run [NAME ...] [--quick]`.

Each runs in a fresh process with a time limit; one that fails or hangs does not stop the others. The results
replace those of the same benchmarks in `benchmarks/results/`, and the generated parts of docs/performance.md and
docs/capacity.md. With `--quick` each has its smallest size, and nothing is replaced.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import capacity, report, results
from benchmarks.http_load import LOAD_GENERATOR
from benchmarks.measure import FIGURES_FILE
from benchmarks.results import Figure, Outcome, Result, Results
from tests.check import environment_without_settings
from tests.outside.test_benchmarks import RUN as RUN_SMALLEST
from tests.outside.test_benchmarks import SMOKES
from ticketing_app.devstack.stack import ROOT
from ticketing_app.devstack.web import WITHOUT_STACK

FOLDER = Path(__file__).parent
# They have a `main`, but measure nothing.
TOOLS = {"run", "capacity", "profile", "trivial_server"}
# Run by name only: a million tickets, and a browser for minutes.
SEPARATE = {"search", "first_load"}
# The longest ones are last.
LONG = {"growth": 15, "search": 15, "first_load": 15}
USUAL_MINUTES = 5
MINUTES_TOGETHER = 45
# Time for a benchmark to stop its site after the time limit.
STOP_SECONDS = 60
LOOPS = 3
LOOP_LENGTH = 1_000_000
FAILED = 70
OUTCOMES = {None: Outcome.TIMEOUT, 0: Outcome.OK, 1: Outcome.OVER}
MAIN = '\nif __name__ == "__main__":\n'
# SIGTERM ends a benchmark like Ctrl-C, so that it stops its site; a failure has a code of its own.
START = """
import runpy, signal, sys, traceback
signal.signal(signal.SIGTERM, signal.default_int_handler)
try:
    {code}
except Exception:
    traceback.print_exc()
    sys.exit({failed})
"""
RUN_MODULE = 'runpy.run_module("benchmarks.{name}", run_name="__main__", alter_sys=True)'


class Benchmark(NamedTuple):
    name: str
    # Of Python.
    code: str
    seconds: float


def main() -> int:
    arguments = _parse()
    benchmarks = plan(arguments.names, is_quick=arguments.quick)
    deadline = time.monotonic() + 60 * MINUTES_TOGETHER
    done: dict[str, Result] = {}
    for benchmark in benchmarks:
        if not arguments.names:
            left = deadline - time.monotonic()
            benchmark = benchmark._replace(seconds=min(benchmark.seconds, left))  # noqa: PLW2901
        print(f"== {benchmark.name}, at most {benchmark.seconds:.0f} s", flush=True)
        done[benchmark.name] = run(benchmark)
        print(f"== {benchmark.name}: {done[benchmark.name].outcome}", flush=True)
        if not arguments.quick:
            # After each, so that an interrupted run keeps its results.
            save(done)
    print(report.table(_results(done)))
    return 0 if all(one.outcome is Outcome.OK for one in done.values()) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run benchmarks and update their documents.")
    usual = f"default: all but {' and '.join(sorted(SEPARATE))}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=usual)
    parser.add_argument("--quick", action="store_true", help="smallest sizes, nothing is written")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(find()):
        parser.error(f"not one of {', '.join(find())}: {', '.join(unknown)}")
    return arguments


def find(folder: Path = FOLDER) -> list[str]:
    """Return the names of the modules that can be run, the longest last."""
    names = (path.stem for path in folder.glob("*.py") if MAIN in path.read_text())
    return sorted(set(names) - TOOLS, key=lambda name: (LONG.get(name, 0), name))


def plan(names: Sequence[str], *, is_quick: bool) -> list[Benchmark]:
    chosen = names or [name for name in find() if name not in SEPARATE]
    smallest = {each.name: RUN_SMALLEST.format(**each._asdict()) for each in SMOKES}
    if is_quick:
        return [
            Benchmark(name, _indent(smallest[name]), 60 * USUAL_MINUTES)
            for name in chosen
            if name in smallest
        ]
    return [
        Benchmark(name, RUN_MODULE.format(name=name), 60 * LONG.get(name, USUAL_MINUTES))
        for name in chosen
    ]


def _indent(code: str) -> str:
    return code.strip().replace("\n", "\n    ")


def run(benchmark: Benchmark) -> Result:
    """Run a benchmark to its end or its time limit."""
    result = Result(
        outcome=Outcome.NOT_RUN,
        date=results.today(),
        commit=results.commit(),
        machine=describe_machine(),
    )
    if benchmark.seconds <= 0:
        return result
    result.load = round(os.getloadavg()[0], 1)
    loop_ms = time_loop()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gittix-figures-") as folder:
        file = Path(folder) / "figures"
        code = _run_process(benchmark, file)
        lines = file.read_text().splitlines() if file.exists() else []
    result.outcome = OUTCOMES.get(code, Outcome.FAILED)
    result.seconds = round(time.monotonic() - started, 1)
    result.loop_ms = [loop_ms, time_loop()]
    result.figures = _keep_highest_load([Figure.model_validate_json(line) for line in lines])
    return result


def time_loop() -> int:
    """Return the milliseconds of CPU of a loop that always does the same, the fastest of some."""
    times: list[float] = []
    for _ in range(LOOPS):
        started = time.process_time()
        sum(number * number for number in range(LOOP_LENGTH))
        times.append(time.process_time() - started)
    return round(1000 * min(times))


def _keep_highest_load(figures: list[Figure]) -> list[Figure]:
    """Keep one figure of the load generator, which records each of its runs."""
    loads = [each for each in figures if each.name == LOAD_GENERATOR]
    highest = sorted(loads, key=lambda load: load.measured)[-1:]
    return [each for each in figures if each.name != LOAD_GENERATOR] + highest


def _run_process(benchmark: Benchmark, figures: Path) -> int | None:
    """Return the exit code, None after the time limit."""
    code = START.format(code=benchmark.code, failed=FAILED)
    process = subprocess.Popen(  # noqa: S603  # Our own words.
        [sys.executable, "-c", code], cwd=ROOT, env=_environment(figures), stdin=subprocess.DEVNULL
    )
    try:
        return process.wait(benchmark.seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        stop(process)


def _environment(figures: Path) -> dict[str, str]:
    """Return the environment of a benchmark, which starts its own stand-ins with its own settings."""
    own = {FIGURES_FILE: str(figures), "PYTHONUNBUFFERED": "1"}
    return environment_without_settings() | WITHOUT_STACK | own


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the benchmark and all processes that it started."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    process.kill()
    process.wait()
    for each in family:
        # Compares the start time, too: the id may be another process's by now.
        with suppress(psutil.NoSuchProcess):
            each.kill()


def save(done: dict[str, Result]) -> None:
    merged = merge(results.newest(), done)
    results.write(merged)
    report.update(merged)
    capacity.update(merged)


def merge(before: Results, done: dict[str, Result]) -> Results:
    """Replace the results of these benchmarks; those of the others stay."""
    return _results(before.benchmarks | done)


def _results(benchmarks: dict[str, Result]) -> Results:
    return Results(date=results.today(), machine=describe_machine(), benchmarks=benchmarks)


def describe_machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return (
        f"{os.cpu_count()} cores, {model}, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    sys.exit(main())
