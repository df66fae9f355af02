"""Inspection of a stranger's file in a limited process of its own."""

import asyncio
import io
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings
from ticketing_app.vault.inspection.results import (
    SENTENCES,
    Code,
    Facts,
    FileKind,
    FileRefusedError,
    Inspection,
    InspectionBusyError,
    InspectionUnavailableError,
    TicketFile,
)

log = get_logger()

ROOT = Path(__file__).parents[3]
# Nice from its first import on: visitors of the site go first.
PROGRAM = (
    "import os, sys; os.nice(10); sys.path.append(sys.argv[1]); "
    "from ticketing_app.vault.inspection.child.program import main; main()"
)
# Where the kernel grants no filter, the child ends with this code before it reads its input.
EXIT_WITHOUT_FILTER = 3
WALL_SECONDS = 20
MAX_ANSWER_BYTES = 40 * 2**20
MAX_LINE_BYTES = 8 * 2**20
# Each may take 512 MiB, which the web process has to spare.
AT_ONCE = 2
WAITING = 6

Size = Annotated[int, Field(gt=0, le=MAX_ANSWER_BYTES)]


class _Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    codes: Annotated[tuple[Code, ...], Field(max_length=800)]
    facts: Facts
    clean: Size
    previews: Annotated[tuple[Size, ...], Field(max_length=20)]

    @property
    def page_count(self) -> int:
        # A pass has no previews.
        return max(len(self.previews), 1)

    @model_validator(mode="after")
    def _check_pages(self) -> Self:
        if any(code.page > self.page_count for code in self.codes):
            raise ValueError
        return self


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: FileKind
    tickets: Annotated[tuple[_Ticket, ...], Field(min_length=1, max_length=20)]
    removed: tuple[Literal["javascript", "attachments", "form"], ...]


class _Refusal(BaseModel):
    refused: str


class _Places:
    """Places of the files that are being inspected and of those that wait."""

    def __init__(self) -> None:
        self._running = asyncio.Semaphore(AT_ONCE)
        self._taken = 0

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        if self._taken == AT_ONCE + WAITING:
            raise InspectionBusyError
        self._taken += 1
        try:
            async with self._running:
                yield
        finally:
            self._taken -= 1


_places = _Places()


async def inspect(data: bytes) -> Inspection:
    """Inspect a file; the result comes within `WALL_SECONDS`, also if it ends or hangs the child.

    Raises:
        FileRefusedError: it is none of the accepted kinds, beyond a limit, or ended the child.
        InspectionBusyError: too many files wait already.
        InspectionUnavailableError: the kernel grants no filter of system calls.
    """
    async with _places.take():
        started = time.monotonic()
        exit_code, answer = await _run_child(data)
    seconds = round(time.monotonic() - started, 2)
    if exit_code == EXIT_WITHOUT_FILTER:
        log.error("vault.inspection_unavailable")
        raise InspectionUnavailableError
    try:
        inspection = _read_answer(exit_code, answer)
    except FileRefusedError as error:
        log.info("vault.file_refused", code=error.code, exit_code=exit_code, seconds=seconds)
        raise
    log.info("vault.file_inspected", kind=inspection.kind, bytes=len(data), seconds=seconds)
    return inspection


async def can_confine() -> bool:
    """Whether the kernel lets a child give up its powers; if not, uploads are refused."""
    exit_code, _ = await _run_child(b"")
    return exit_code == 0


async def report_confinement() -> None:
    """Log an error at the start of a web process that will refuse every upload."""
    if not await can_confine():
        log.error("vault.inspection_unavailable")


async def _run_child(data: bytes) -> tuple[int, bytes]:
    """Return the exit code and the output, which is empty if it was too long or too late."""
    # macOS has no such filter: development goes on with the kernel's limits alone.
    is_exempt = sys.platform != "linux" and not get_settings().is_production
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-B", "-c", PROGRAM, str(ROOT), *(["--without-filter"] if is_exempt else []),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={}, cwd="/", start_new_session=True,
    )  # fmt: skip
    output = b""
    try:
        async with asyncio.timeout(WALL_SECONDS):
            output = await _talk(process, data)
            await process.wait()
    except TimeoutError:
        output = b""
    finally:
        exit_code = await _end(process)
    return exit_code, output


async def _end(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    # asyncio sees the end of a process only when its output was read.
    await cast("asyncio.StreamReader", process.stdout).read()
    return await process.wait()


async def _talk(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    """Send the file and read the answer; both at once, as either pipe may be full."""
    # Its pipes exist, as `_run_child` asks for them.
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdout = cast("asyncio.StreamReader", process.stdout)

    async def feed() -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(data)
            await stdin.drain()
        stdin.close()

    answer = bytearray()
    async with asyncio.TaskGroup() as group:
        feeding = group.create_task(feed())
        while chunk := await stdout.read(2**16):
            answer += chunk
            if len(answer) > MAX_ANSWER_BYTES:
                process.kill()
                feeding.cancel()
                return b""
    return bytes(answer)


def _read_answer(exit_code: int, answer: bytes) -> Inspection:
    if exit_code != 0:
        raise FileRefusedError("too_complex")
    line, _, content = answer.partition(b"\n")
    try:
        if line.startswith(b'{"refused"'):
            code = _Refusal.model_validate_json(line).refused
            raise FileRefusedError(code if code in SENTENCES else "too_complex")
        found = _Answer.model_validate_json(line if len(line) <= MAX_LINE_BYTES else b"")
        return _assemble(found, content)
    except ValidationError:
        raise FileRefusedError("too_complex") from None


def _assemble(found: _Answer, content: bytes) -> Inspection:
    """Cut the files off the answer by their sizes."""
    sizes = [size for ticket in found.tickets for size in (ticket.clean, *ticket.previews)]
    if sum(sizes) != len(content):
        raise FileRefusedError("too_complex")
    files = io.BytesIO(content)
    tickets = [
        TicketFile(
            clean=files.read(ticket.clean),
            media_type=found.kind,
            page_count=ticket.page_count,
            codes=ticket.codes,
            previews=tuple(files.read(size) for size in ticket.previews),
            facts=ticket.facts,
        )
        for ticket in found.tickets
    ]
    return Inspection(found.kind, tuple(tickets), found.removed)
