"""Hostile files: each gets its answer within limits, or ends only the child."""

import struct
import subprocess
import sys

import pytest

from tests import attack
from tests.hostile import corpus
from tests.hostile.common import MEBIBYTE, HostileFile
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.child import confine

# One confined child answers many: starting one for each would cost half a second.
ANSWER_MANY = """
import struct, sys
sys.path.append(sys.argv[1])
from ticketing_app.vault.inspection.child import program
program.prepare()
source = sys.stdin.buffer
while head := source.read(4):
    answer, _ = program.answer(source.read(struct.unpack(">I", head)[0]))
    print(answer.get("refused", "taken"))
"""


def answer_many(files: list[HostileFile]) -> list[str]:
    parts = [struct.pack(">I", len(data)) + data for data in (file.make() for file in files)]
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", ANSWER_MANY, str(sandbox.ROOT)],
        input=b"".join(parts), env={}, cwd="/", capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    "files",
    [
        corpus.QUICK_PDF,
        corpus.QUICK_PICTURES + corpus.QUICK_PASSES,
    ],
    ids=["documents", "pictures and passes"],
)
def test_answers_quick_ones(files: list[HostileFile]) -> None:
    answers = answer_many(files)

    assert len(answers) == len(files)
    wrong = {
        file.name: answer
        for file, answer in zip(files, answers, strict=True)
        if answer not in file.answers
    }
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("file", corpus.SLOW, ids=lambda file: file.name)
def test_bounds_heavy_ones(file: HostileFile) -> None:
    measured = attack.feed(file.make())

    assert measured.answer in file.answers
    assert measured.cpu_seconds < confine.CPU_SECONDS + 2
    assert measured.peak_mebibytes < confine.MEMORY_BYTES / MEBIBYTE


@pytest.mark.slow
def test_survives_flipped_bytes() -> None:
    for kind in ("pdf", "png", "jpeg", "pass"):
        # One child has 10 s for all of them.
        files = [f for f in corpus.flipped_files(10) if f.name.startswith(kind)]
        for file, answer in zip(files, answer_many(files), strict=True):
            assert answer in file.answers, file.name
