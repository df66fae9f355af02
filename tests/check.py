"""Static checks, page build and tests of `bin/test`; its last line is pytest's summary."""

import ast
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from tests import chromium, timings
from ticketing_app.core.settings import Settings
from ticketing_app.devstack import web
from ticketing_app.devstack.errors import StackError
from ticketing_app.devstack.postgres import TEMPLATE
from ticketing_app.devstack.stack import ROOT, Stack

PROGRAMS = Path(sys.executable).parent
SHELL_SCRIPTS = sorted(
    str(path.relative_to(ROOT))
    for pattern in (".ci/run", "bin/*", "docker/*.sh", "k8s/**/run", "k8s/**/*.sh")
    for path in ROOT.glob(pattern)
)
# The longest first: as many run at once as there are processors.
STATIC_CHECKS = (
    ("basedpyright", "--warnings"),
    ("lint-imports", "--no-logo"),
    ("ruff", "check", "--quiet"),
    ("ruff", "format", "--check", "--quiet"),
    ("deptry", "."),
    ("shellcheck", "--external-sources", *SHELL_SCRIPTS),
)
BIOME = ("bun", "run", "--bun", "biome", "check", "--error-on-warnings")
# Most lines of code of each part; over budget, take a library or drop a feature.
BUDGETS = {
    # A third of it is the catalog: each domain event names the public pages that it changes.
    ("messaging",): 865,
    # Half of it is the table and its statements.
    ("work",): 260,
    # A fifth of it is the bell, an eighth web push.
    ("notices/gateway", "notices/service", "notices/repository.py"): 1440,
    ("devstack",): 700,
    ("devstack/stripe",): 1100,
    ("devstack/mailbox",): 140,
    ("processes.py",): 250,
    ("core/queues.py", "core/queue_worker.py"): 280,
    ("documents",): 935,
    ("ui/live",): 380,
    ("cases",): 320,
    # A quarter of it is the re-issue by organisers, another one what sellers send.
    # Half of it is the inspection of files.
    ("vault",): 2080,
    # Seven methods with their deadlines, and the adapter of pretix.
    ("deliveries",): 2350,
}
BROWSER_TESTS = ROOT / "tests_e2e"
MEASURED = ["-p", "tests.timings"]
# A browser test waits for a third of its time, so three processes keep two processors busy. Each has
# its own stack and runs its files in order.
PROCESSES = str(min(6, max(2, 3 * (os.cpu_count() or 1) // 2)))
PARALLEL = ["-n", PROCESSES, "--dist", "loadfile", "--no-loadscope-reorder"]
RULES_TRACED = [
    *("-p", "tests.tracing"),
    *("--cov", "--cov-report=", "--cov-config=tests/rules_coverage.toml"),
]
ALL_TRACED = ["--cov", "--cov-report=term", "--cov-fail-under=90"]
COMPLETE = [
    "coverage",
    "report",
    "--include=ticketing_app/*/rules.py",
    "--fail-under=100",
    "--show-missing",
]


def main(arguments: list[str]) -> int:
    # SIGTERM ends the children and deletes the temporary folder, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    everything = "--all" in arguments
    chosen = [argument for argument in arguments if argument != "--all"]
    with tempfile.TemporaryDirectory(prefix="gittix-test-") as folder:
        env = _environment(Path(folder))
        try:
            if not chosen:
                env |= _prepare(Path(folder), env)
                env[TEMPLATE] = str(Path(folder) / "migrations" / "postgres")
            if _may_need_browser(chosen):
                chromium.install()
            if everything and not chosen and (ROOT / "tests/mutants.py").exists():
                _check_mutants(env)
        except StackError as error:
            print(f"bin/test: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        tiers = ["-m", ""] if everything else []
        coverage = ALL_TRACED if everything else RULES_TRACED
        code = _pytest([*tiers, *(chosen or [*MEASURED, *PARALLEL, *coverage])], env)
        return code or (0 if chosen else _check_rules_covered(env))


def environment_without_settings() -> dict[str, str]:
    """Return our environment without settings of the product: tests use stand-ins, never a real database."""
    settings = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in settings}


def _may_need_browser(arguments: list[str]) -> bool:
    """Whether pytest, given these arguments, may collect browser tests."""
    named = [(ROOT / argument.partition("::")[0]).resolve() for argument in arguments]
    paths = [path for path in named if path.exists()]
    return not paths or any(
        path.is_relative_to(BROWSER_TESTS) or BROWSER_TESTS.is_relative_to(path) for path in paths
    )


def _environment(folder: Path) -> dict[str, str]:
    env = environment_without_settings()
    programs = f"{PROGRAMS}{os.pathsep}{env.get('PATH', '')}"
    return env | {"PATH": programs, "TICKETING_DATA_DIR": str(folder / "data")}


def _prepare(folder: Path, env: dict[str, str]) -> dict[str, str]:
    """Check statically and build the pages side by side; return the variable with their seconds.

    Every check runs, so that one run reports everything that is wrong.

    Raises: StackError when a check or the build fails.
    """
    started = time.monotonic()
    checks: list[Callable[[], bool]] = [
        *(partial(_run_program, check, env) for check in STATIC_CHECKS),
        partial(_check_javascript, env),
        partial(_check_migrations, folder, env),
        _check_budgets,
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            building = pool.submit(_build_pages, env)
            results = list(pool.map(lambda check: check(), checks))
            build_seconds = building.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            _end_children()
            raise
    if not all(results):
        raise StackError("the checks above must pass before the tests run.")
    steps = {
        "page build, beside the checks": build_seconds,
        "static checks": time.monotonic() - started,
    }
    return {timings.STEPS: json.dumps(steps)}


def _end_children() -> None:
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.terminate()


def _build_pages(env: dict[str, str]) -> float:
    """Build the pages unless they are current; return the seconds."""
    started = time.monotonic()
    if not web.is_build_current():
        web.build_frontend(env)
    seconds = time.monotonic() - started
    print(f"pages: built, {seconds:.1f} s", flush=True)
    return seconds


def _check_migrations(folder: Path, env: dict[str, str]) -> bool:
    """Check the migrations; the tests copy the migrated cluster, which is deleted with the folder."""
    stack = Stack(folder / "migrations", {"postgres"})
    try:
        stack.start()
        # No development server of the tests loads the cities: that takes 7 s of CPU.
        (stack.data_dir / "postgres" / "cities").touch()
        command = [sys.executable, "-m", "alembic", "check"]
        return _run("alembic check", command, env | stack.env)
    finally:
        stack.stop()


def _check_javascript(env: dict[str, str]) -> bool:
    _install_biome(env)
    return _run_program(BIOME, env)


def _install_biome(env: dict[str, str]) -> None:
    """Install the version that bun.lock pins, from bun's cache once it was downloaded.

    Raises: StackError when it cannot be downloaded.
    """
    command = [str(PROGRAMS / "bun"), "install", "--frozen-lockfile"]
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=False, capture_output=True, text=True
    )  # fmt: skip
    if done.returncode:
        raise StackError(
            f"Biome, which checks JavaScript and CSS, cannot be downloaded:\n{done.stderr}"
        )


def _run_program(words: Sequence[str], env: dict[str, str]) -> bool:
    program, *arguments = words
    return _run(" ".join(words), [str(PROGRAMS / program), *arguments], env)


def _run(name: str, command: list[str], env: dict[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    verdict = f"failed:\n{done.stdout}" if done.returncode else "ok"
    print(f"{name}: {verdict}, {time.monotonic() - started:.1f} s", flush=True)
    return done.returncode == 0


def _check_mutants(env: dict[str, str]) -> None:
    """Raises: StackError when the tests miss a deliberate bug."""
    if subprocess.run(
        [sys.executable, "-m", "tests.mutants"], cwd=ROOT, env=env, check=False
    ).returncode:
        raise StackError("the tests do not catch every deliberate bug, see above.")


def _check_budgets() -> bool:
    are_kept = True
    for parts, budget in BUDGETS.items():
        lines = sum(_count_lines(ROOT / "ticketing_app" / part) for part in parts)
        if parts == ("devstack",):
            lines -= sum(
                _count_lines(ROOT / "ticketing_app/devstack" / name)
                for name in ("stripe", "mailbox")
            )
        print(f"lines of {' + '.join(parts)}: {lines} of {budget}", flush=True)
        are_kept = are_kept and lines <= budget
    return are_kept


def _count_lines(path: Path) -> int:
    """Count lines of code, without blank lines, comments and docstrings."""
    files = path.rglob("*.py") if path.is_dir() else [path] if path.exists() else []
    return sum(len(_code_lines(file.read_text())) for file in files)


def _code_lines(source: str) -> set[int]:
    lines = {
        number
        for number, line in enumerate(source.splitlines(), 1)
        if line.strip() and not line.strip().startswith("#")
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _pytest(arguments: list[str], env: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=env) as tests:
        while True:
            try:
                return tests.wait()
            except KeyboardInterrupt:
                # The terminal sends Ctrl-C to pytest as well, but other signals reach only this process.
                tests.send_signal(signal.SIGINT)


def _check_rules_covered(env: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-m", *COMPLETE], cwd=ROOT, env=env, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        print(f"bin/test: not every branch of the rules is tested:\n{done.stdout}{done.stderr}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
