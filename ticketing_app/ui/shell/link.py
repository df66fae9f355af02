"""Moving between pages without loading the site anew."""

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_components_core.react_router.dom import ReactRouterLink

link = ReactRouterLink.create

# Where the browser is right now. The server's own idea follows only with the next answer, and until
# then a page could show what it showed at the address before.
here = rx.Var(
    "location.pathname",
    _var_data=VarData(
        imports={"react-router": [ImportVar(tag="useLocation")]},
        hooks={"const location = useLocation();": None},
    ),
).to(str)
