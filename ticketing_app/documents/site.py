"""A page of the site map, which the composition root declares (ticketing_app.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import reflex as rx

from ticketing_app.ui.page_content import Load, Submit


class Audience(Enum):
    """Crawlers may read the EVERYONE pages; the sitemap lists those without parameters."""

    EVERYONE = auto()
    VISITORS = auto()
    MEMBERS = auto()


@dataclass(frozen=True)
class Page:
    """A page of the site; `content` loads its prerendered content, `submit` answers its plain form."""

    route: str
    component: Callable[[], rx.Component]
    title: str | rx.Var[str]
    description: str | rx.Var[str]
    on_load: Any  # Reflex types handlers as plain functions.
    audience: Audience = Audience.MEMBERS
    content: Load | None = None
    submit: Submit | None = None
