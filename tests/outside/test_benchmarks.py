"""Each benchmark runs to its end with the smallest sizes. Its limits do not count: the machine is busy."""

import asyncio
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from benchmarks import pgbench
from ticketing_app.devstack.stack import ROOT

RUN = """
import asyncio, sys
from importlib import import_module
from inspect import iscoroutine

benchmark = import_module("benchmarks.{name}")
sizes = {sizes}
assert sizes.keys() <= vars(benchmark).keys(), "a constant has another name now"
vars(benchmark).update(sizes)
sys.argv = ["benchmark", *{options}]
done = benchmark.main(*{arguments})
sys.exit(asyncio.run(done) if iscoroutine(done) else done)
"""


class Smoke(NamedTuple):
    """The constants of a benchmark for its smallest run, its options, or the arguments of its `main`."""

    name: str
    sizes: dict[str, int]
    options: tuple[str, ...] = ()
    arguments: tuple[object, ...] = ()


SMOKES = (
    Smoke("busy", {"WAVES": 1, "SIGN_INS": 2, "UPLOADS": 1, "DOWNLOADERS": 1, "IDLE_SECONDS": 1}),
    Smoke("click", {"BUYERS": 4, "ROUNDS": 1}),
    Smoke("documents", {"SECONDS": 1, "TICKETS": 300}),
    Smoke(
        "expiry",
        {"TICKETS": 55, "EVENTS": 1, "PAGES": 2, "BUYERS": 5, "PRESSES": 2, "HOLD_SECONDS": 10},
    ),
    Smoke("fanout", {"PAGES": 22, "CHANGES": 1, "PAGES_IN_MEMORY": 22}),
    Smoke("generator", {"REQUESTS": 100}),
    Smoke("growth", {}, options=("--quick",)),
    Smoke("first_load", {"LOADS": 1, "TICKETS": 5}),
    Smoke(
        "hold",
        {"ROUNDS": 1, "HOLDS_EACH": 20, "HISTORY": 100},
        arguments=(pgbench.default_path(),),
    ),
    Smoke("lapse", {"ABANDONED": 2}),
    Smoke("latency", {"CHANGES": 1}),
    Smoke(
        "pool",
        {"ROUNDS": 1, "CLIENTS": 2, "HOLDS_PER_CLIENT": 4, "BUYERS": 20, "TICKETS": 16},
        arguments=(pgbench.default_path(),),
    ),
    Smoke(
        "reservation",
        {"ROUNDS": 1, "CLIENTS": 2, "BUYERS_EACH": 1, "HOLDS_EACH": 10},
        arguments=(pgbench.default_path(),),
    ),
    Smoke("rush", {"BUYERS": 8, "WATCHERS": 2, "IDLE_SECONDS": 1}),
    Smoke("search", {"PATIENT_ROUNDS": 1, "VALUES": 1}, arguments=(300,)),
    Smoke("storm", {"PAGES": 2, "SECONDS": 1}),
    Smoke("stranger", {"TICKETS": 2}, options=("--seconds", "4")),
)


@pytest.mark.slow
@pytest.mark.parametrize("smoke", SMOKES, ids=lambda smoke: smoke.name)
async def test_benchmark_runs_to_its_end(smoke: Smoke) -> None:
    code = RUN.format(**smoke._asdict())
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        cwd=ROOT, env=dict(os.environ), check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    # 1: over a limit.
    assert done.returncode in {0, 1}, done.stdout + done.stderr
