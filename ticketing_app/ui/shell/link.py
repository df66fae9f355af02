"""Links without page loads, and the current path."""

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_components_core.react_router.dom import ReactRouterLink

link = ReactRouterLink.create

# The path in the browser. The server's copy follows with the next response; until then a page could show
# the content of the previous path.
here = rx.Var(
    "location.pathname",
    _var_data=VarData(
        imports={"react-router": [ImportVar(tag="useLocation")]},
        hooks={"const location = useLocation();": None},
    ),
).to(str)


def current(path: str) -> rx.Var[str]:
    """The attribute `aria-current` of a link to `path`."""
    return rx.cond(here == path, "page", "false")
