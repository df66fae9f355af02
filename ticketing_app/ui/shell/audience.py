"""Members and visitors get the same document, which caches keep: it has the links of both, and CSS shows one set.

A cookie that sign-in sets is the hint which one, before the first paint; the page's code corrects it. Without
JavaScript the links are those of visitors.
"""

from pathlib import Path

import reflex as rx

# Classes; frame.css hides the others.
FOR_MEMBERS = "for-members"
FOR_VISITORS = "for-visitors"


def hint_script() -> rx.Component:
    """In the head, inline: a script with an address of its own would run after the first paint."""
    lines = (Path(__file__).parent / "audience_hint.js").read_text().splitlines()
    return rx.el.script("\n".join(line for line in lines if not line.startswith("//")))


class Audience(rx.Component):
    """Sets the audience of the document once it `is_known`."""

    library = rx.asset("audience.jsx", shared=True).importable_path
    tag = "Audience"

    is_known: rx.Var[bool]
    is_member: rx.Var[bool]
