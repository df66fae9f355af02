"""Document of the home page."""

from dataclasses import replace
from functools import lru_cache

from starlette.datastructures import QueryParams

from ticketing_app.tickets.schemas import TicketFilter
from ticketing_app.ui import static_html, transactions
from ticketing_app.ui.home.pages import static_list
from ticketing_app.ui.home.queries import load_ticket_list_page
from ticketing_app.ui.home.state import PAGE_SIZE
from ticketing_app.ui.home.views import count_line, read_query
from ticketing_app.ui.page_content import PageContent
from ticketing_app.ui.tickets.views import TicketStub


async def load_list(query: QueryParams) -> PageContent:
    if read_query(query):
        return PageContent()  # The page loads the results of a search itself.
    filters = TicketFilter(limit=PAGE_SIZE)
    found = await transactions.in_transaction(load_ticket_list_page, wanted=filters)
    # Countdowns do not run in a document; without the time of the request the document can be cached.
    stubs = tuple(replace(TicketStub.from_ticket(ticket), now="") for ticket in found.tickets.items)
    has_more = found.tickets.next_cursor is not None
    return PageContent(html=_render_list(stubs, count_line(found.count), has_more=has_more))


# Rendering takes ten milliseconds, and most visitors of a region get the same list.
@lru_cache(maxsize=32)
def _render_list(stubs: tuple[TicketStub, ...], counted: str, *, has_more: bool) -> str:
    return static_html.render(static_list(stubs, count_line=counted, has_more=has_more))
