"""Where the keyboard is when pages come and parts of them go."""

import reflex as rx

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("focus.jsx", shared=True).importable_path


class SkipLink(rx.Component):
    """Leads the keyboard past the bar at the top."""

    library = LIBRARY
    tag = "SkipLink"


class Focus(rx.Component):
    """Leads the focus to the heading of a new page, and keeps it where something went away."""

    library = LIBRARY
    tag = "Focus"
