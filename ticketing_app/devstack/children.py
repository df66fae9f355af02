"""Processes with all their descendants, and a record of ours that outlives us."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil


def send(pid: int, signum: int, created: float | None = None) -> list[psutil.Process]:
    """Signal a process and its descendants, it first, so that it starts no new ones.

    A number alone is no proof of identity: with `created`, another process is left alone.
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
    """Note who runs, for the case that we are killed before we can stop it."""
    folder = data_dir / "children"
    folder.mkdir(exist_ok=True)
    with suppress(psutil.NoSuchProcess):
        (folder / name).write_text(f"{pid} {psutil.Process(pid).create_time()!r}")


def recorded(data_dir: Path) -> set[str]:
    """The names of what was started since the last `end_recorded`."""
    return {path.name for path in (data_dir / "children").glob("*")}


def end_recorded(data_dir: Path) -> None:
    """End what still runs of the record, and clear it."""
    for path in (data_dir / "children").glob("*"):
        pid, created = path.read_text().split()
        psutil.wait_procs(send(int(pid), signal.SIGKILL, float(created)), timeout=5)
        path.unlink()
