"""Focus management for navigation without page loads."""

import reflex as rx

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("focus.jsx", shared=True).importable_path


class SkipLink(rx.Component):
    library = LIBRARY
    tag = "SkipLink"


class Focus(rx.Component):
    """Moves the focus to the heading of a new page, and keeps it near an element that was removed."""

    library = LIBRARY
    tag = "Focus"
