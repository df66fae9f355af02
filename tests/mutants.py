"""Applies each deliberate bug to a copy of the project: `python -m tests.mutants [PART OF ITS TEXT]`.

The tests that it names must fail there. An uncaught bug, or one whose source text is gone, is an error.
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


def main(part: str = "") -> int:
    """Try every mutant whose text contains `part`; return 0 when all are caught."""
    mutants = [mutant for mutant in MUTANTS if part in mutant.bug]
    tests = sorted({mutant.caught_by for mutant in mutants})
    with ThreadPoolExecutor(PARALLEL) as pool:
        if not mutants or _do_fail(tests):
            print("No such mutant." if not mutants else "The tests fail without any mutant.")
            return 1
        caught = list(pool.map(_try, mutants))
    print(f"{len(mutants)} mutants, {sum(caught)} caught")
    return 0 if all(caught) else 1


def _try(mutant: Mutant) -> bool:
    is_caught = _do_fail([mutant.caught_by], mutant)
    verdict = "caught" if is_caught else "NOT CAUGHT"
    print(f"rule {mutant.rule}: {mutant.bug}: {verdict}", flush=True)
    return is_caught


def _do_fail(tests: list[str], mutant: Mutant | None = None) -> bool:
    """Whether these tests fail in a copy of the project, which has the bug if there is one.

    Raises:
        LookupError: the source text of the bug is gone.
        RuntimeError: pytest itself failed.
    """
    with tempfile.TemporaryDirectory(prefix="gittix-mutant-") as folder:
        copy = Path(folder)
        _copy_project(copy)
        if mutant:
            _apply(mutant, copy)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        done = subprocess.run(command, cwd=copy, check=False, capture_output=True, text=True)
    if done.returncode not in {0, TESTS_FAILED}:
        output = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{output}")
    return done.returncode == TESTS_FAILED


def _apply(mutant: Mutant, copy: Path) -> None:
    for name, before, after in mutant.edits:
        text = (copy / name).read_text()
        if text.count(before) != 1:
            raise LookupError(f"{mutant.bug}: its place in {name} is gone")
        (copy / name).write_text(text.replace(before, after))


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
    sys.exit(main(*sys.argv[1:2]))
