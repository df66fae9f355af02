"""Documents of the help and legal pages."""

from starlette.datastructures import QueryParams

from ticketing_app.ui import static_html
from ticketing_app.ui.content.articles import read_article
from ticketing_app.ui.content.pages import article_content
from ticketing_app.ui.page_content import Load, PageContent, PageMetadata


def load_article(name: str) -> Load:
    async def load(_query: QueryParams) -> PageContent:
        article = read_article(name)
        metadata = PageMetadata(article.title, article.description, article.address)
        return PageContent(metadata=metadata, html=static_html.render(article_content(article)))

    return load
