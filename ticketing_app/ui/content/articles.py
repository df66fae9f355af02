"""Help and legal pages: Markdown files of the program; a file of the same name in CONTENT_DIR wins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

SHIPPED = Path(__file__).resolve().parents[2] / "content" / "en"
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)^---\r?\n", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{ *(\w+) *\}\}")
# Without `html`, tags are text; links with the scheme javascript are refused by the library.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

log = get_logger()


@dataclass(frozen=True)
class Article:
    name: str
    address: str
    title: str
    description: str
    html: str


def list_shipped() -> list[Article]:
    """Return the articles of the program."""
    return [_read_shipped(path.stem) for path in sorted(SHIPPED.glob("*.md"))]


def read_article(name: str) -> Article:
    """Return an article as it is now; the operator's file wins, without a build or a restart."""
    own = operator_file(name)
    try:
        return _read(own, own.stat().st_mtime_ns, _values()) if own else _read_shipped(name)
    except (OSError, ValueError) as error:
        log.error("content.unreadable", file=str(own), error=repr(error))  # noqa: TRY400  # no stack trace.
        return _read_shipped(name)


def _read_shipped(name: str) -> Article:
    return _read(SHIPPED / f"{name}.md", 0, _values())


def operator_file(name: str) -> Path | None:
    folder = get_settings().content_dir
    file = folder / f"{name}.md" if folder else None
    return file if file and file.is_file() else None


@lru_cache(maxsize=64)
def _read(path: Path, _modified: int, values: frozenset[tuple[str, str]]) -> Article:
    """Read the lines of the front matter, then Markdown; missing lines are those of the program's file."""
    name = path.stem
    text = path.read_text(encoding="utf-8")
    found = _FRONT_MATTER.match(text)
    lines = found[1].splitlines() if found else []
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    if not {"title", "description"} <= facts.keys():
        shipped = _read_shipped(name)
        facts = {"title": shipped.title, "description": shipped.description} | facts
    return Article(
        name=name,
        address=_address(name),
        title=facts["title"],
        description=facts["description"],
        html=_render(text[found.end() :] if found else text, dict(values)),
    )


def _address(name: str) -> str:
    """Return `/help/buying` for `help.buying`."""
    return "/" + name.replace(".", "/")


def _render(body: str, values: Mapping[str, str]) -> str:
    tokens = _markdown.parse(_fill_in(body, values))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline))
    return _markdown.renderer.render(tokens, _markdown.options, {})


def _anchor(heading: Token) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.content.lower()).strip("-")


def _fill_in(body: str, values: Mapping[str, str]) -> str:
    """Fill in the placeholders; drop lines with an empty value, keep unknown names."""
    lines = [
        line
        for line in body.splitlines()
        if all(values.get(name, name) for name in _PLACEHOLDER.findall(line))
    ]
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), "\n".join(lines))


def _values() -> frozenset[tuple[str, str]]:
    settings = get_settings()
    values = {
        "brand": settings.brand_name,
        "hold_minutes": f"{settings.order_hold_seconds / 60:g}",
        "payment_tries": str(settings.payment_max_attempts),
        "operator_name": settings.operator_name,
        "operator_address": settings.operator_address,
        "operator_email": settings.operator_email,
        "operator_register": settings.operator_register,
        "operator_vat_id": settings.operator_vat_id,
        # Lines that promise mails are left out where there are none.
        "by_mail": "by mail" if settings.has_mail else "",
        "session_days": str(settings.session_days),
        "retention_days": str(settings.retention_days),
    }
    return frozenset(values.items())
