"""Prerendered content shown until the page's data has loaded."""

import reflex as rx

from ticketing_app.ui import static_html


def document_title(title: str | rx.Var[str]) -> rx.Var[str]:
    """The title of the served document, or `title` during the build."""
    return _served("document.title", title)


def document_description(description: str) -> rx.Var[str]:
    """The description of the served document, or `description` during the build."""
    return _served("document.querySelector('meta[name=description]')?.content", description)


def _served(expression: str, otherwise: str | rx.Var[str]) -> rx.Var[str]:
    known = f"(typeof document === 'undefined' ? undefined : {expression})"
    return rx.Var(f"({known} ?? {rx.Var.create(otherwise)!s})").to(str)


class Prerendered(rx.Component):
    """Keeps the content of the document (ui/<feature>/documents.py), or else shows `skeleton`."""

    library = rx.asset("prerendered.jsx", shared=True).importable_path
    tag = "Prerendered"

    skeleton: rx.Var[str]

    @classmethod
    def around(cls, skeleton: rx.Component) -> rx.Component:
        return cls.create(skeleton=static_html.render(skeleton))


class DocumentOnly(rx.Component):
    """A page whose content only documents have; one that the router shows is loaded again as a document."""

    library = rx.asset("document_only.jsx", shared=True).importable_path
    tag = "DocumentOnly"
