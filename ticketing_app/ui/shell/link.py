"""Links without page loads, and the current path."""

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_components_core.react_router.dom import ReactRouterLink

link = ReactRouterLink.create

# The path in the browser. The server's copy follows with the next response; until then a page could show
# the content of the previous path.
_LOCATION = VarData(
    imports={"react-router": [ImportVar(tag="useLocation")]},
    hooks={"const location = useLocation();": None},
)
here = rx.Var("location.pathname", _var_data=_LOCATION).to(str)


def is_at(path: rx.Var[str] | str) -> rx.Var[bool]:
    # The build renders pages at paths with a slash at the end, and hydration does not correct attributes.
    trimmed = rx.Var("location.pathname.replace(/(.)\\/$/, '$1')", _var_data=_LOCATION).to(str)
    return trimmed == path


def current(path: str) -> rx.Var[str]:
    """The attribute `aria-current` of a link to `path`."""
    return rx.cond(is_at(path), "page", "false")
