"""The HTML of a response, as browsers and search engines read it."""

import json
from html.parser import HTMLParser
from typing import Any

from httpx import AsyncClient, Response
from typing_extensions import override


class Document(HTMLParser):
    """The parsed HTML of a response."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.status = answer.status_code
        self.headers = answer.headers
        self.named: dict[str, str] = {}
        self.titles: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.canonical = ""
        self.has_skeleton = False
        self._tag = ""
        self.feed(answer.text)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert not [name for name in values if name.startswith("on")]
        self._tag = tag
        self.has_skeleton |= values.get("class") == "skeleton"
        if tag == "meta" and "content" in values:
            name = values.get("name") or values["property"]
            assert name not in self.named, f"{name} is there twice"
            self.named[name] = values["content"]
        elif tag == "a":
            self.links.append(values["href"])
        elif tag == "link" and values["rel"] == "canonical":
            self.canonical = values["href"]
        elif tag == "script":
            assert values == {"type": "application/ld+json"}

    @override
    def handle_data(self, data: str) -> None:
        texts = {"title": self.titles, "script": self.scripts}.get(self._tag, self.texts)
        texts.append(data)

    @override
    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    @property
    def event(self) -> dict[str, Any]:
        (script,) = self.scripts
        return json.loads(script)

    def says(self, text: str) -> bool:
        return text in " ".join(self.texts)


async def opened(site: AsyncClient, path: str, language: str = "") -> Document:
    return Document(await site.get(path, headers={"accept-language": language}))
