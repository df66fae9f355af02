"""The parent's side of an inspection: a child that ends, hangs or lies harms nothing else."""

import asyncio
import json
import os
from collections.abc import Callable

import pytest
import structlog

from ticketing_app.cli.checks.findings import Verdict
from ticketing_app.cli.checks.inspection import check_inspection
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import (
    FileRefusedError,
    InspectionBusyError,
    InspectionUnavailableError,
)

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    '<path fill="#fff" d="M0 0h9v9h-9z"/>{content}</svg>'
)
FILE = b"x" * 2**20


def claim(content: str = '<path d="M1 1h1v1h-1Z"/>', **changes: object) -> str:
    """Return the line of a child that was taken over; four bytes of files follow it."""
    code = {"symbology": "QR Code", "identifier": "]Q1", "payload": "41", "page": 1}
    ticket = {
        "codes": [code | {"svg": SVG.format(content=content)}],
        "facts": {},
        "clean": 3,
        "previews": [1],
    }
    line = {"kind": "application/pdf", "tickets": [ticket | changes], "removed": []}
    return f"print({json.dumps(json.dumps(line))}); print('abcd', end='')"


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the child run this program."""
    return lambda program: monkeypatch.setattr(sandbox, "PROGRAM", program)


async def test_accepts_a_plausible_answer(run_instead: Callable[[str], None]) -> None:
    run_instead(claim())

    (ticket,) = (await sandbox.inspect(FILE)).tickets
    assert (ticket.clean, ticket.previews) == (b"abc", (b"d",))


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.kill(os.getpid(), 9)",
        "import sys; sys.exit(1)",
        "import sys; sys.stdin.buffer.close(); sys.stdout.buffer.write(bytes(100 * 2**20))",
        "pass",
        "print('no JSON')",
        "print('[' * 100_000)",
        'print(\'{"refused": "no such code"}\')',
        claim(clean=4),
        claim(clean=-3),
        claim(clean=2**40),
        claim(page_count=10**9),
        claim(codes=[{"symbology": "QR Code", "identifier": "", "payload": "41", "page": 2}]),
        claim(facts={"title": "x" * 1_000}),
        claim(facts={"starts_local": "tomorrow"}),
        claim(codes=[]).replace("application/pdf", "text/html"),
        claim("<script>alert(1)</script>"),
        claim('<image width="1" height="1" href="https://evil.example/"/>'),
    ],
)
async def test_refuses_the_file_of_a_broken_or_lying_child(
    run_instead: Callable[[str], None], program: str
) -> None:
    run_instead(program)

    with pytest.raises(FileRefusedError) as refusal:
        await sandbox.inspect(FILE)

    assert refusal.value.code == "too_complex"


async def test_child_lets_the_site_go_first(run_instead: Callable[[str], None]) -> None:
    before_imports, _, _ = sandbox.PROGRAM.partition("sys.path")
    run_instead(f"{before_imports} print(os.nice(0))")

    assert await sandbox._run_child(b"") == (0, f"{min(19, os.nice(0) + 10)}\n".encode())


async def test_ends_a_hanging_child(
    run_instead: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead("while True: pass")
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 0.2)

    with pytest.raises(FileRefusedError, match="in time"):
        await sandbox.inspect(FILE)


async def test_refuses_uploads_without_a_filter(run_instead: Callable[[str], None]) -> None:
    run_instead("import sys; sys.exit(3)")

    with pytest.raises(InspectionUnavailableError):
        await sandbox.inspect(FILE)
    assert not await sandbox.can_confine()
    assert (await check_inspection()).verdict is Verdict.WRONG
    with structlog.testing.capture_logs() as logged:
        await sandbox.report_confinement()
    assert [entry["event"] for entry in logged] == ["vault.inspection_unavailable"]


async def test_child_has_an_empty_environment(run_instead: Callable[[str], None]) -> None:
    # Python itself sets LC_CTYPE.
    run_instead("import os, sys; sys.exit(3 if set(os.environ) <= {'LC_CTYPE'} else 1)")

    assert not await sandbox.can_confine()


async def test_turns_away_more_than_a_short_queue() -> None:
    places = sandbox._Places()
    done = asyncio.Event()

    async def hold() -> None:
        async with places.take():
            await done.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(sandbox.AT_ONCE + sandbox.WAITING):
            group.create_task(hold())
        await asyncio.sleep(0)
        with pytest.raises(InspectionBusyError) as refusal:
            async with places.take():
                pass
        assert refusal.value.retry_after
        done.set()

    async with places.take():
        pass
