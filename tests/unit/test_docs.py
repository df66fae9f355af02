"""Names and lengths in the documents."""

import re
from fnmatch import fnmatch
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from ticketing_app.core.settings import Settings
from ticketing_app.devstack.stack import ROOT
from ticketing_app.privacy.service.retention import RETENTION

DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DOCS = [*sorted((ROOT / "docs").glob("*.md")), *DECISIONS]
DOCUMENTS = [*DOCS, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
PATH = re.compile(
    r"`([\w*-][\w.*/-]*(?:/|\.(?:py|jsx|js|md|yaml|toml|css|jsonc)))(?:::(\w+))?`|(?<![\w/.])(bin/[a-z-]+)"
)
MODULE = re.compile(r"\b((?:docs|benchmarks|tests)(?:\.[a-z_]+)+)`")
GENERATED = re.compile(r"<!-- (.*) -->.*?<!-- end of \1 -->", re.DOTALL)
LINK = re.compile(r"\]\(([^):\s]+)\)")


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@cache
def _repository() -> list[Path]:
    """Return every file and folder, without generated and hidden ones."""
    top = [path for path in ROOT.iterdir() if path.name[0] != "." and path.name != "node_modules"]
    return [*top, *chain.from_iterable(path.rglob("*") for path in top)]


def _find(path: str) -> list[Path]:
    """Find a path by its end: documents shorten `ticketing_app/core/db.py` to `core/db.py`."""
    return [each for each in _repository() if fnmatch(str(each), f"*/{path.rstrip('/')}")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
class TestDocument:
    def test_names_paths_that_exist(self, document: Path) -> None:
        missing = [
            found[0]
            for found in PATH.finditer(document.read_text())
            if not any(
                found[2] is None or f"class {found[2]}" in file.read_text()
                for file in _find(found[1] or found[3])
            )
        ]
        assert not missing

    def test_names_modules_that_exist(self, document: Path) -> None:
        for module in MODULE.findall(document.read_text()):
            path = module.replace(".", "/")
            assert _find(f"{path}.py") or _find(f"{path}/__main__.py"), module

    def test_links_to_pages_and_headings_that_exist(self, document: Path) -> None:
        for link in LINK.findall(document.read_text()):
            name, _, anchor = link.partition("#")
            target = document.parent / name if name else document
            assert target.exists(), link
            if anchor:
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
                assert anchor in map(_slug, headings), link


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
class TestDecision:
    def test_is_short(self, decision: Path) -> None:
        assert len(decision.read_text().split()) <= 300

    def test_has_the_four_headings(self, decision: Path) -> None:
        headings = re.findall(r"^## (.*)$", decision.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"]


def test_written_documents_are_short_together() -> None:
    written = [document for document in DOCS if document.name != "events.md"]
    texts = [GENERATED.sub("", document.read_text()) for document in written]
    assert sum(len(text.split()) for text in texts) <= 19_100


def test_readme_lists_every_setting() -> None:
    columns = re.findall(
        r"^\| (`[A-Z0-9_]+`.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    listed = re.findall(r"`([A-Z0-9_]+)`", " ".join(columns))
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


class TestOperations:
    def test_says_how_long_rows_are_kept(self, page: str) -> None:
        for kept in RETENTION:
            assert f"| {kept.what} | {kept.until} |" in page

    @pytest.fixture
    def page(self) -> str:
        return (ROOT / "docs/operations.md").read_text()

    @pytest.fixture
    def source(self) -> str:
        return "".join(path.read_text() for path in (ROOT / "ticketing_app").rglob("*.py"))

    def test_names_metrics_that_exist(self, page: str, source: str) -> None:
        used = re.findall(r"gittix_(\w+?)(?:_total|_count|_bucket|_info)?\b", page)
        table = page.partition("| metric `gittix_...`")[2].partition("\n\n")[0]
        listed = [
            name.removesuffix("_total").removesuffix("_info")
            for row in table.splitlines()
            for name in re.findall(r"`(\w+_\w+)`", row.partition(" | ")[0])
        ]
        assert len(listed) > 20
        missing = [
            name for name in {*used, *listed} if not re.search(rf"[\"_]{name}(_total)?\"", source)
        ]
        assert not missing

    def test_names_log_events_that_exist(self, page: str, source: str) -> None:
        section = page.partition("### Logs")[2].partition("\n## ")[0]
        events = re.findall(r"`([a-z]+\.[a-z_]+)`", section)
        assert len(events) > 5
        assert [event for event in events if f'"{event}"' not in source] == []
