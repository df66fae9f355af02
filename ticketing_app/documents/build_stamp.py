"""Stamp of the sources that the pages were built from, to detect a build of another version."""

import importlib.metadata
from hashlib import sha256
from pathlib import Path

from ticketing_app.core.settings import get_settings

ROOT = Path(__file__).resolve().parents[2]
FILE = "built"
FOLDERS = ("assets", "reflex.lock")


def compute() -> str:
    """Return a hash of the sources: pages read states, states read schemas, so it covers all modules."""
    sources = [ROOT / "rxconfig.py"]
    for pattern in ("*.py", "*.js*", "*.css", "*.md", "*.html"):
        sources += (ROOT / "ticketing_app").rglob(pattern)
    for folder in FOLDERS:
        sources += (ROOT / folder).rglob("*")
    # The only setting that is part of the pages; all others are read at run time.
    settings = [get_settings().brand_name]
    digest = sha256(repr([importlib.metadata.version("reflex"), settings]).encode())
    for path in sorted(set(sources)):
        if path.is_file() and "devstack" not in path.parts and "external" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def write(web_dir: Path, stamp: str) -> None:
    (web_dir / FILE).write_text(stamp)


def is_current(web_dir: Path) -> bool | None:
    """Compare the build with the sources; None if the stamp or the sources are missing."""
    noted = web_dir / FILE
    if not noted.exists() or not all((ROOT / folder).exists() for folder in FOLDERS):
        return None
    return noted.read_text() == compute()
