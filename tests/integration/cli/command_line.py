"""Runs the operators' commands, in this process or in a new one."""

import asyncio
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from ticketing_app.cli.program import main
from ticketing_app.devstack.stack import ROOT


async def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command on a new event loop; return exit status, standard output and error."""
    return await asyncio.to_thread(_run, list(arguments))


def _run(arguments: list[str]) -> tuple[int, str, str]:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        try:
            main(arguments)
        except SystemExit as refusal:
            if isinstance(refusal.code, str):
                # As Python does when a process exits with a string.
                err.write(f"{refusal.code}\n")
            return 1, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """Start the command in a new process."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ticketing_app", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def run_process(*arguments: str) -> tuple[int | None, str, str]:
    """Like `run`, in a new process."""
    process = await start(*arguments)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()
