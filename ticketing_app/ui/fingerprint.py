"""What the built pages were built from, so that it is noticed when they are of another version."""

import importlib.metadata
from hashlib import sha256
from pathlib import Path

from ticketing_app.core.settings import get_settings

ROOT = Path(__file__).resolve().parents[2]
NOTE = "built"
FOLDERS = ("assets", "reflex.lock")


def take() -> str:
    """Return what a build depends on: pages read states, states read schemas, so all our Python."""
    sources = [ROOT / "rxconfig.py"]
    for pattern in ("*.py", "*.js*"):
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


def note(web_dir: Path, taken: str) -> None:
    """Note beside a build what it was built from."""
    (web_dir / NOTE).write_text(taken)


def is_current(web_dir: Path) -> bool | None:
    """Whether the build is of this program; none when that cannot be told from what is here."""
    noted = web_dir / NOTE
    if not noted.exists() or not all((ROOT / folder).exists() for folder in FOLDERS):
        return None
    return noted.read_text() == take()
