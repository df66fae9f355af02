"""Signals to process trees, and a record of child processes that survives a crash."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil


def send(pid: int, signum: int, created: float | None = None) -> list[psutil.Process]:
    """Signal a process, then its descendants, in this order so that it cannot start new ones.

    Process ids are reused: with `created`, only the process with this creation time is signalled.
    """
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if created in {None, process.create_time()}:
            family = [process, *process.children(recursive=True)]
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(signum)
    return family


def record(data_dir: Path, name: str, pid: int) -> None:
    """Record a process, so that the next start can end it if this one is killed."""
    folder = data_dir / "children"
    folder.mkdir(exist_ok=True)
    with suppress(psutil.NoSuchProcess):
        (folder / name).write_text(f"{pid} {psutil.Process(pid).create_time()!r}")


def recorded(data_dir: Path) -> set[str]:
    return {path.name for path in (data_dir / "children").glob("*")}


def end_recorded(data_dir: Path) -> None:
    """Kill the recorded processes that still run, and clear the record."""
    for path in (data_dir / "children").glob("*"):
        pid, created = path.read_text().split()
        psutil.wait_procs(send(int(pid), signal.SIGKILL, float(created)), timeout=5)
        path.unlink()
