"""Feeds hostile files to the child that inspects uploads, and prints answer, processor time and memory of each.

python -m tests.attack [PREFIX]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import ticket_files
from tests.hostile import corpus
from tests.hostile.common import KILLED, TAKEN, HostileFile
from tests.ticket_files import Code
from ticketing_app.vault.inspection import sandbox

FLIPPED_OF_EACH_KIND = 25
# Longer than the product waits: on a busy machine the kernel's limits are to be seen.
PATIENCE_SECONDS = 300
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Measured:
    answer: str
    cpu_seconds: float
    peak_mebibytes: int


GOOD = [
    HostileFile(name, make, frozenset({TAKEN}))
    for name, make in {
        "good: PDF, 2 tickets": ticket_files.two_tickets,
        "good: PDF, 20 pages": lambda: ticket_files.write_pdf(
            [ticket_files.ticket_page(f"A1B2C3D4E5-{n}") for n in range(20)]
        ),
        "good: screenshot": lambda: ticket_files.screenshot(Code("A1B2C3D4E5F6")),
        "good: photo of 12 megapixels": lambda: ticket_files.photo(
            Code("A1B2C3D4E5F6"), side=3_464
        ),
        "good: pass": ticket_files.pkpass,
    }.items()
]


def main(arguments: Sequence[str]) -> int:
    files = [*GOOD, *corpus.QUICK, *corpus.SLOW]
    flipped = list(corpus.flipped_files(FLIPPED_OF_EACH_KIND))
    prefix = arguments[0] if arguments else ""
    wrong = 0
    print(f"{'file':44} {'MB':>6}  {'answer':20} {'CPU s':>6} {'peak MiB':>9}")
    for file in [*files, *flipped]:
        if not file.name.startswith(prefix):
            continue
        data = file.make()
        measured = feed(data)
        is_expected = measured.answer in file.answers
        wrong += not is_expected
        mark = "" if is_expected else f"  expected {' or '.join(sorted(file.answers))}"
        print(
            f"{file.name:44} {len(data) / MEBIBYTE:6.2f}  {measured.answer:20}"
            f" {measured.cpu_seconds:6.1f} {measured.peak_mebibytes:9}{mark}",
            flush=True,
        )
    print(f"{wrong} unexpected answers")
    return min(wrong, 1)


def feed(data: bytes) -> Measured:
    """Run the child as the product does; the answer `too_complex` is that of a killed one."""
    with tempfile.TemporaryFile() as source:
        source.write(data)
        source.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", sandbox.PROGRAM, str(sandbox.ROOT)],
            stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
        )  # fmt: skip
        if child.stdout is None:
            raise RuntimeError("The child has no pipe.")
        os.set_blocking(child.stdout.fileno(), False)
        deadline = time.monotonic() + PATIENCE_SECONDS
        output = b""
        peak = 0
        while True:
            output += child.stdout.read() or b""
            # ru_maxrss counts the memory that this process had at the fork.
            peak = max(peak, _read_peak(child.pid))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                child.kill()
            time.sleep(0.005)
        output += child.stdout.read() or b""
        child.stdout.close()
        child.returncode = os.waitstatus_to_exitcode(status)
    answer = _name(output) if child.returncode == 0 else KILLED
    return Measured(answer, usage.ru_utime + usage.ru_stime, peak // 1024)


def _name(output: bytes) -> str:
    found = json.loads(output.partition(b"\n")[0])
    return found.get("refused", TAKEN)


def _read_peak(pid: int) -> int:
    """Return the largest resident set of a process so far, in KiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
