"""Builds each deliberate bug into a copy of the project: `python -m tests.mutants`.

The named tests must fail there. A bug that nobody catches, or one whose place in the code is gone,
ends this with an error.
"""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile

from tests.deliberate_bugs import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[1]
PARALLEL = 2
TESTS_FAILED = 1


def main() -> int:
    """Try every mutant; return 0 when all are caught."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        healthy = pool.submit(_is_caught, None)
        if healthy.result():
            print("The tests fail without any mutant; mend that first.")
            return 1
        caught = list(pool.map(_try, MUTANTS))
    print(f"{len(MUTANTS)} mutants, {sum(caught)} caught")
    return 0 if all(caught) else 1


def _try(mutant: Mutant) -> bool:
    is_caught = _is_caught(mutant)
    print(
        f"rule {mutant.rule}: {mutant.bug}: {'caught' if is_caught else 'NOT CAUGHT'}", flush=True
    )
    return is_caught


def _is_caught(mutant: Mutant | None) -> bool:
    """Whether the tests fail in a copy of the project that has the bug (none: is healthy)."""
    with tempfile.TemporaryDirectory(prefix="gittix-mutant-") as folder:
        copy = Path(folder)
        _copy_project(copy)
        for name, before, after in mutant.edits if mutant else ():
            text = (copy / name).read_text()
            if text.count(before) != 1:
                message = f"{mutant.bug if mutant else ''}: its place in {name} is gone"
                raise LookupError(message)
            (copy / name).write_text(text.replace(before, after))
        tests = [mutant.caught_by] if mutant else sorted({each.caught_by for each in MUTANTS})
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        done = subprocess.run(command, cwd=copy, check=False, capture_output=True, text=True)
        if done.returncode not in {0, TESTS_FAILED}:
            message = (
                f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
            raise RuntimeError(message)
        return done.returncode == TESTS_FAILED


def _copy_project(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607  # the person's own git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            copyfile(ROOT / name, copy / name)


if __name__ == "__main__":
    sys.exit(main())
