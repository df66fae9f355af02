import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks import run
from benchmarks.results import Outcome, Result, Results
from benchmarks.run import Benchmark

RECORD = 'from benchmarks.measure import check_limit; check_limit("p95", {measured}, 100, "ms")'


class TestFind:
    def test_finds_modules_that_can_be_run(self, tmp_path: Path) -> None:
        (tmp_path / "helper.py").write_text("x = 1\n")
        for name in ("rush", "growth", "click", "run"):
            (tmp_path / f"{name}.py").write_text(f"x = 1\n{run.MAIN}    main()\n")
        assert run.find(tmp_path) == ["click", "rush", "growth"]

    def test_finds_the_present_ones(self) -> None:
        assert {"reservation", "fanout", "growth", "search"} <= set(run.find())
        assert not run.TOOLS & set(run.find())


class TestPlan:
    def test_leaves_out_those_that_are_run_by_name(self) -> None:
        names = {each.name for each in run.plan([], is_quick=False)}
        assert names == set(run.find()) - run.SEPARATE

    def test_gives_each_its_time(self) -> None:
        [search] = run.plan(["search"], is_quick=False)
        assert search.seconds == 60 * run.LONG["search"]

    def test_quick_runs_have_the_smallest_sizes(self) -> None:
        [click] = run.plan(["click"], is_quick=True)
        assert "'BUYERS': 4" in click.code


class TestRun:
    @pytest.mark.parametrize(
        ("code", "outcome"),
        [
            ("pass", Outcome.OK),
            ("sys.exit(1)", Outcome.OVER),
            ("1 / 0", Outcome.FAILED),
            ("import os; os.kill(os.getpid(), 9)", Outcome.FAILED),
        ],
    )
    def test_reports_the_outcome(self, code: str, outcome: Outcome) -> None:
        assert run.run(Benchmark("any", code, 30)).outcome is outcome

    def test_keeps_the_figures(self) -> None:
        code = f"{RECORD.format(measured=120)}; sys.exit(1)"
        result = run.run(Benchmark("any", code, 30))
        assert [(each.name, each.measured, each.is_kept) for each in result.figures] == [
            ("p95", 120, False)
        ]

    def test_keeps_the_highest_load_of_the_generator(self) -> None:
        code = (
            "from benchmarks.measure import record; "
            "[record('CPU of the load generator', share, '') for share in (0.2, 0.9, 0.4)]"
        )
        assert [each.measured for each in run.run(Benchmark("any", code, 30)).figures] == [0.9]

    def test_ends_one_that_takes_too_long(self) -> None:
        result = run.run(Benchmark("any", "import time; time.sleep(600)", 0.1))
        assert result.outcome is Outcome.TIMEOUT

    def test_does_not_start_one_without_time_left(self) -> None:
        assert run.run(Benchmark("any", "1 / 0", 0)).outcome is Outcome.NOT_RUN


def test_stop_ends_the_processes_of_a_benchmark() -> None:
    code = (
        "import subprocess; "
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True); "
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout
        child = psutil.Process(int(process.stdout.readline()))
        run.stop(process)
    child.wait(10)


class TestMerge:
    def test_replaces_only_results_of_this_run(self) -> None:
        before = Results(
            date="2026-01-01",
            machine="another",
            benchmarks={name: make_result(Outcome.OK) for name in ("click", "storm")},
        )
        merged = run.merge(before, {"storm": make_result(Outcome.OVER)})
        outcomes = {name: result.outcome for name, result in merged.benchmarks.items()}
        assert outcomes == {"click": Outcome.OK, "storm": Outcome.OVER}
        assert merged.machine != "another"


def make_result(outcome: Outcome) -> Result:
    return Result(outcome=outcome, date="2026-01-01", commit="abc")
