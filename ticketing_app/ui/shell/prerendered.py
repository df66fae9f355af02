"""What stands in a page's place until its data came."""

import reflex as rx

from ticketing_app.ui import static_html

# A document is split here, and gets what it knows in place of the skeleton.
SLOT = "data-prerendered"


def document_title(title: str | rx.Var[str]) -> rx.Var[str]:
    """The document's own title, as long as the page knows none; `title` while the page is built."""
    return _served("document.title", title)


def document_description(description: str) -> rx.Var[str]:
    """The document's own description, as above."""
    return _served("document.querySelector('meta[name=description]')?.content", description)


def _served(expression: str, otherwise: str | rx.Var[str]) -> rx.Var[str]:
    known = f"(typeof document === 'undefined' ? undefined : {expression})"
    return rx.Var(f"({known} ?? {rx.Var.create(otherwise)!s})").to(str)


class Prerendered(rx.Component):
    """Keeps what the document brought; shows `skeleton` where it brought nothing."""

    library = rx.asset("prerendered.jsx", shared=True).importable_path
    tag = "Prerendered"

    skeleton: rx.Var[str]

    @classmethod
    def around(cls, skeleton: rx.Component) -> rx.Component:
        """Let `skeleton` hold the place."""
        return cls.create(skeleton=static_html.render(skeleton))
