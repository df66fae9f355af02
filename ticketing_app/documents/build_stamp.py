"""What the built pages were built from, so that it is noticed when they are of another version."""

import importlib.metadata
from hashlib import sha256
from pathlib import Path

from ticketing_app.core.settings import get_settings

ROOT = Path(__file__).resolve().parents[2]
FILE = "built"
FOLDERS = ("assets", "reflex.lock")


def compute() -> str:
    """Return what a build depends on: pages read states, states read schemas, so all our Python."""
    sources = [ROOT / "rxconfig.py"]
    for pattern in ("*.py", "*.js*", "*.css"):
        sources += (ROOT / "ticketing_app").rglob(pattern)
    for folder in FOLDERS:
        sources += (ROOT / folder).rglob("*")
    # The only setting that is part of the pages; all others are asked for at run time.
    settings = [get_settings().brand_name]
    digest = sha256(repr([importlib.metadata.version("reflex"), settings]).encode())
    for path in sorted(set(sources)):
        if path.is_file() and "devstack" not in path.parts and "external" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def write(web_dir: Path, stamp: str) -> None:
    """Note beside a build what it was built from."""
    (web_dir / FILE).write_text(stamp)


def is_current(web_dir: Path) -> bool | None:
    """Whether the build is of this program; none when that cannot be told from what is here."""
    noted = web_dir / FILE
    if not noted.exists() or not all((ROOT / folder).exists() for folder in FOLDERS):
        return None
    return noted.read_text() == compute()
