"""Documents of the account forms."""

from collections.abc import Callable

import reflex as rx
from starlette.datastructures import QueryParams

from ticketing_app.ui import session, static_html
from ticketing_app.ui.accounts.components import FormValues
from ticketing_app.ui.page_content import Load, PageContent


def load_form(draw: Callable[[FormValues], rx.Component]) -> Load:
    """Return the loader of a form that leads to the `next` of the address."""

    async def load(query: QueryParams) -> PageContent:
        wanted = session.local_path(query.get("next", ""))
        return PageContent(html=static_html.render(draw(FormValues(wanted))), wanted=wanted)

    return load
