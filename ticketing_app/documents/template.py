"""The built pages, cut into templates: plugins.py writes them, the web process reads them once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "pages.json"


@dataclass(frozen=True)
class PageTemplate:
    """A page around its content; `placeholder` is the skeleton, empty if the page takes no content."""

    route: str
    title: str
    description: str
    head: str
    before: str
    placeholder: str
    after: str
    script_hashes: list[str]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters in `path`; None if it belongs to another route."""
        names = self.route.split("/")
        values = path.split("/")
        if len(names) != len(values):
            return None
        parameters: dict[str, str] = {}
        for name, value in zip(names, values, strict=True):
            if name.startswith("[") and value:
                parameters[name[1:-1]] = value
            elif name != value:
                return None
        return parameters


def write_templates(folder: Path, templates: list[PageTemplate]) -> None:
    (folder / FILE).write_text(json.dumps([asdict(template) for template in templates]))


def read_templates(folder: Path) -> list[PageTemplate]:
    """Return the templates of the build in `folder`, fixed routes before those with parameters."""
    templates = [PageTemplate(**fields) for fields in json.loads((folder / FILE).read_text())]
    return sorted(templates, key=lambda template: (template.route.count("["), template.route))
