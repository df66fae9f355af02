"""Help and legal pages: no state and no handler, the text is in the document."""

from collections.abc import Callable

import reflex as rx

from ticketing_app.ui.content.articles import Article
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.prerendered import DocumentOnly, Prerendered
from ticketing_app.ui.static_html import Rendered
from ticketing_app.ui.theme import styles


def article_page(article: Article) -> Callable[[], rx.Component]:
    def page() -> rx.Component:
        return layout(DocumentOnly.create(Prerendered.around(article_content(article))))

    return page


def article_content(article: Article) -> rx.Component:
    return rx.el.article(
        rx.el.h1(article.title, class_name=styles.HEADING),
        Rendered.create(text=article.html),
        class_name="prose",
    )
