"""Components rendered to HTML, for the prerendered content of documents.

The functions that build a component for the browser are called with values instead of variables, so
that the document and the hydrated page cannot differ.
"""

import html
import json
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from typing import Any

import reflex as rx
from reflex.vars import LiteralVar
from reflex_components_core.base.bare import Bare
from reflex_components_core.base.fragment import Fragment
from reflex_components_core.el.element import Element
from reflex_components_core.el.elements.inline import A
from reflex_components_core.react_router.dom import ReactRouterLink

# Attributes with other names in Reflex and React.
_ATTRIBUTES = {"to": "href", "html_for": "for", "class_name": "class"}
# Properties of Reflex's forms that are not attributes.
_INTERNAL = {"handle_submit_unique_name", "on_submit_target", "reset_on_submit"}
_VOID = frozenset({"br", "hr", "img", "input"})


class NotStaticError(TypeError):
    """A component needs the browser; implement `as_static`, or pass values instead of variables."""

    def __init__(self, part: object) -> None:
        super().__init__(f"{type(part).__name__} cannot be written as HTML: {part!r:.200}")


class Rendered(Fragment):
    """HTML between components."""

    text: rx.Var[str]


def cond(
    condition: rx.Var[bool] | bool,  # noqa: FBT001  # as rx.cond.
    yes: Any,  # noqa: ANN401  # as rx.cond.
    no: Any = None,  # noqa: ANN401  # as above.
) -> Any:  # noqa: ANN401  # as above.
    """Like `rx.cond`, but a condition with a known value is decided on the server."""
    if isinstance(condition, rx.Var):
        return rx.cond(condition, yes, no)
    return yes if condition else no


def each(items: Any, draw: Callable[[Any], rx.Component]) -> rx.Component:  # noqa: ANN401  # as rx.foreach
    """Like `rx.foreach`, but items with known values are rendered on the server.

    `draw` must depend on its item only.
    """
    if isinstance(items, rx.Var):
        return rx.foreach(items, draw)
    return Rendered.create(text="".join(_render_item(draw, item) for item in items))


# A row takes two milliseconds, and most visitors get the same rows.
@lru_cache(maxsize=2000)
def _render_item(draw: Callable[[Any], rx.Component], item: Hashable) -> str:
    return render(draw(item))


def render(part: rx.Component) -> str:
    """Return `part` as HTML without event handlers; raises NotStaticError if it needs the browser."""
    # Components with their own JavaScript that can render their initial state.
    if as_static := getattr(part, "as_static", None):
        return render(as_static())
    if isinstance(part, Rendered):
        return str(literal_value(part.text))
    if isinstance(part, Bare):
        text = literal_value(part.contents)
        return "" if text is None else html.escape(str(text), quote=False)
    inside = "".join(render(child) for child in part.children if isinstance(child, rx.Component))
    if isinstance(part, Fragment):
        return inside
    if isinstance(part, ReactRouterLink):
        return f"<a{_attributes(part)}>{inside}</a>"
    if not isinstance(part, Element):
        raise NotStaticError(part)
    start = f"<{part.tag}{_attributes(part)}>"
    return start if part.tag in _VOID else f"{start}{inside}</{part.tag}>"


def _attributes(part: rx.Component) -> str:
    named = ((attribute, getattr(part, name)) for name, attribute in _names(type(part)))
    # Most are not set.
    values = {name: value for name, value in named if value is not None} | part.custom_attrs
    return "".join(_attribute(name, literal_value(value)) for name, value in values.items())


@cache
def _names(kind: type[rx.Component]) -> list[tuple[str, str]]:
    """Return the properties of a component that are attributes, with the names of the attributes."""
    # A link inside the site has more properties, for the router only.
    props = {"to", *A.get_props()} if issubclass(kind, ReactRouterLink) else set(kind.get_props())
    names = ("class_name", "id", *sorted(props - _INTERNAL))
    return [(name, _ATTRIBUTES.get(name, name.replace("_", ""))) for name in names]


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    return f' {name}="{html.escape("" if value is True else str(value))}"'


def literal_value(value: object) -> object:
    """Return the value of a Reflex literal; raises NotStaticError for a variable."""
    if isinstance(value, LiteralVar):
        return json.loads(value.json())
    if isinstance(value, rx.Var):
        raise NotStaticError(value)
    return value
