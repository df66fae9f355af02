"""The stylesheet of the site beside Tailwind's: the colours of core/brand.py, then the .css files of this folder."""

from pathlib import Path

from ticketing_app.core import brand
from ticketing_app.ui.theme import tokens

FILES = (
    "base",
    "frame",
    "press",
    "stub",
    "event",
    "offer",
    "event_row",
    "search",
    "columns",
    "time_left",
    "timeline",
    "delivery",
    "receipt",
    "prose",
    "promise",
)


def read() -> str:
    folder = Path(__file__).parent
    files = "".join((folder / f"{name}.css").read_text() for name in FILES)
    shadow = f"@layer components{{.shadow-soft{{box-shadow:{tokens.SHADOW}}}}}"
    return f"{_colours()}\n{_categories()}\n{shadow}\n{files}"


def _colours() -> str:
    light = _properties(brand.LIGHT)
    dark = _properties(brand.DARK)
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _categories() -> str:
    return "".join(
        f"[data-category={name}]{{--from:{start};--to:{end};--art:{tokens.ART[name]}}}"
        for name, (start, end) in brand.CATEGORIES.items()
    )


def _properties(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
